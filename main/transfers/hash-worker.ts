import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { HashThreadAnswers, ToHashThread } from './hash-thread.ts'
import { readSmall } from './read-small.ts'

/*
 * Entry of the threads that compute the MD5 of large files, and read small ones. Messages come in the order in which they were
 * sent, and those that want an answer get it in this order.
 */

const hashes = new Map<number, Hash>()

function get(id: number): Hash {
  const hash = hashes.get(id)
  if (hash === undefined) throw new Error(`there is no sum ${id}`)
  return hash
}

function answer(message: HashThreadAnswers[keyof HashThreadAnswers]): void {
  parentPort?.postMessage(message)
}

parentPort?.on('message', (message: ToHashThread) => {
  switch (message.kind) {
    case 'begin':
      hashes.set(message.id, createHash('md5'))
      break
    case 'copy':
      hashes.set(message.id, get(message.from).copy())
      break
    case 'update':
      get(message.id).update(message.chunk)
      answer(null)
      break
    case 'digest':
      // Of a copy: it may be asked again.
      answer(get(message.id).copy().digest('hex'))
      break
    case 'drop':
      hashes.delete(message.id)
      break
    case 'read':
      answer(readSmall(message.file, message.into))
      break
  }
})
