import { Folder } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { cx } from '../components/cx.ts'
import { Icon } from '../components/icon.tsx'
import { spellKeys } from '../components/keys.ts'
import { dropFiles } from './commands.ts'
import styles from './drop-target.module.css'
import { messages } from './messages.ts'

/** The whole window takes files and folders. The overlay shows as long as they are held over it. */
export function DropTarget() {
  const [held, setHeld] = useState(false)
  // Entering a child comes before leaving its parent, so that the number of both is 0 only outside the window.
  const depth = useRef(0)

  useEffect(() => {
    const isFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const enter = (event: DragEvent) => {
      if (!isFiles(event)) return
      event.preventDefault()
      depth.current += 1
      setHeld(true)
    }
    const over = (event: DragEvent) => {
      if (!isFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'copy'
    }
    const leave = (event: DragEvent) => {
      if (!isFiles(event)) return
      depth.current = Math.max(0, depth.current - 1)
      if (depth.current === 0) setHeld(false)
    }
    const letGo = (event: DragEvent) => {
      if (!isFiles(event) || !event.dataTransfer) return
      event.preventDefault()
      depth.current = 0
      setHeld(false)
      void dropFiles([...event.dataTransfer.files])
    }
    window.addEventListener('dragenter', enter)
    window.addEventListener('dragover', over)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', letGo)
    return () => {
      window.removeEventListener('dragenter', enter)
      window.removeEventListener('dragover', over)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', letGo)
    }
  }, [])

  if (!held) return null
  return (
    <div className={styles.overlay}>
      <div className={styles.zone}>
        <Icon as={Folder} size="l" className={cx(styles.icon)} />
        <div className={styles.title}>{messages.drop.title}</div>
        <p className={styles.text}>{messages.drop.text}</p>
      </div>
      <p className={styles.hint}>{messages.drop.hint(spellKeys('mod+O'))}</p>
    </div>
  )
}
