import { Worker } from 'node:worker_threads'
import type { ReadResult, SmallFile } from './read-small.ts'

export type ToHashThread =
  | { readonly kind: 'begin'; readonly id: number }
  | { readonly kind: 'copy'; readonly id: number; readonly from: number }
  | { readonly kind: 'update'; readonly id: number; readonly chunk: Uint8Array }
  | { readonly kind: 'digest'; readonly id: number }
  | { readonly kind: 'drop'; readonly id: number }
  | { readonly kind: 'read'; readonly file: SmallFile; readonly into: Uint8Array }

/** What is answered to those that want an answer. */
export type HashThreadAnswers = {
  readonly update: null
  readonly digest: string
  readonly read: ReadResult
}

/** The thread ended, or never began. From then on all is done without one, so the file has only to be read again. */
export class HashThreadEnded extends Error {}

type Question = Extract<ToHashThread, { kind: keyof HashThreadAnswers }>
type Answer = HashThreadAnswers[keyof HashThreadAnswers]
type Asked = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }

/** A thread of hash-worker.ts. What it works on lies in shared memory (source.ts): only where it is is told, nothing is copied. */
export class HashThread {
  readonly #worker: Worker
  /** In the order in which the thread will answer. */
  readonly #asked: Asked[] = []
  #ended = false

  constructor(name: string) {
    // Beside this module, as source and as built (vite.config.ts).
    const file = import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js'
    this.#worker = new Worker(new URL(file, import.meta.url), {
      name,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    this.#worker.on('message', (answer: Answer) => {
      this.#asked.shift()?.resolve(answer)
      // Keeps the process for as long as somebody waits, and no longer.
      if (this.#asked.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(null))
    this.#worker.unref()
  }

  /** A system on which it can’t live is spared another try. */
  get hasEnded(): boolean {
    return this.#ended
  }

  ask<Q extends Question>(question: Q): Promise<HashThreadAnswers[Q['kind']]> {
    if (this.#ended) return Promise.reject(new HashThreadEnded())
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) this.#worker.ref()
      // Each kind of question has its kind of answer.
      this.#asked.push({ resolve: resolve as (answer: Answer) => void, reject })
      this.tell(question)
    })
  }

  tell(message: ToHashThread): void {
    if (!this.#ended) this.#worker.postMessage(message)
  }

  #end(cause: unknown): void {
    this.#ended = true
    for (const { reject } of this.#asked.splice(0)) reject(new HashThreadEnded('the thread ended', { cause }))
  }
}
