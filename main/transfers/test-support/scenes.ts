import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { startPracticeServer } from '../../../practice/server.ts'
import { Scene } from './scene.ts'

type Practice = Awaited<ReturnType<typeof startPracticeServer>>

/** One practice repository for all tests of a file. It runs from the first test to the last. */
export function usePractice(limits: 'none' | 'zenodo' = 'none'): { readonly current: Practice } {
  let practice: Practice
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'transfers-practice-'))
    practice = await startPracticeServer({ dataFolder: folder, limits })
  })
  afterAll(async () => {
    await practice.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    get current() {
      return practice
    },
  }
}

/** Makes scenes on a practice repository; each is closed, and its errors checked, when its test ends. */
export function useScenes(practice: { readonly current: Practice }): () => Promise<Scene> {
  const scenes: Scene[] = []
  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.close()))
  })
  return async () => {
    const scene = await Scene.create(practice.current)
    scenes.push(scene)
    return scene
  }
}
