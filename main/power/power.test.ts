import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Power } from './power.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp({ onBattery = false } = {}) {
  const listeners = { sleep: [] as (() => void)[], wake: [] as (() => void)[], plug: [] as (() => void)[] }
  const on = (name: keyof typeof listeners) => (listener: () => void) => void listeners[name].push(listener)
  const system = { onBattery, blockers: 0, started: 0 }
  const told: { asleep: boolean; onBattery: boolean }[] = []
  const power = new Power({
    port: {
      onSleep: on('sleep'),
      onWake: on('wake'),
      onPlug: on('plug'),
      isOnBattery: () => system.onBattery,
      keepAwake: () => {
        system.blockers += 1
        system.started += 1
        return () => void (system.blockers -= 1)
      },
    },
    tell: (state) => void told.push(state),
  })
  const happen = (name: keyof typeof listeners) => listeners[name].forEach((listener) => listener())
  return { power, system, told, happen }
}

test('the computer is kept awake while bytes move, and within two seconds after them no longer', () => {
  const { power, system } = setUp()
  power.see({ sending: 0 })
  expect(system.blockers).toBe(0)
  for (let second = 0; second < 60; second += 1) {
    power.see({ sending: 2 })
    vi.advanceTimersByTime(1000)
  }
  expect(system).toMatchObject({ blockers: 1, started: 1 })
  power.see({ sending: 0 })
  vi.advanceTimersByTime(500)
  // News without bytes is no reason to wait again.
  power.see({ sending: 0 })
  vi.advanceTimersByTime(1400)
  expect(system.blockers).toBe(0)
})

test('between two files it stays awake, without asking for it anew', () => {
  const { power, system } = setUp()
  for (const sending of [1, 0, 1, 0, 1]) {
    power.see({ sending })
    vi.advanceTimersByTime(300)
  }
  expect(system).toMatchObject({ blockers: 1, started: 1 })
})

test('transfers that are gone without a word let it sleep', () => {
  const { power, system } = setUp()
  power.see({ sending: 1 })
  vi.advanceTimersByTime(6000)
  expect(system.blockers).toBe(0)
  power.see({ sending: 1 })
  expect(system.blockers).toBe(1)
})

test('sleep, wake and the battery are told as they come, and the battery also where the system says nothing', () => {
  const { system, told, happen } = setUp({ onBattery: true })
  expect(told).toEqual([{ asleep: false, onBattery: true }])
  happen('sleep')
  system.onBattery = false
  happen('wake')
  expect(told.slice(1)).toEqual([
    { asleep: true, onBattery: true },
    { asleep: false, onBattery: false },
  ])
  happen('plug')
  expect(told).toHaveLength(3)
  system.onBattery = true
  vi.advanceTimersByTime(10_000)
  expect(told.at(-1)).toEqual({ asleep: false, onBattery: true })
})
