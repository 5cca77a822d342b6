import { create } from 'zustand'

const useAnnouncement = create<{ readonly text: string; readonly count: number }>(() => ({ text: '', count: 0 }))

/** Says something to a screen reader that is only seen otherwise, such as a list that was filtered. */
export function announce(text: string): void {
  useAnnouncement.setState(({ count }) => ({ text, count: count + 1 }))
}

/** Where announcements are read from. Once, in the shell. */
export function Announcer() {
  const { text, count } = useAnnouncement()
  return (
    <div role="status" aria-live="polite" className="hidden-text">
      <span key={count}>{text}</span>
    </div>
  )
}
