import type { FoundRecord } from '../../../contract/desk/download.ts'
import { Checkbox } from '../../components/choices.tsx'
import { formatBytes } from '../../components/format.ts'
import { VirtualList } from '../../components/virtual-list.tsx'
import styles from './download-dialog.module.css'
import { messages } from './messages.ts'

const words = messages.dialog
const ROW_PX = 30
const ROWS_SHOWN = 8

/** All files of a record with a box each, and one for all of them. */
export function FilePicker({
  files,
  picked,
  bytes,
  onPick,
}: {
  files: FoundRecord['files']
  picked: ReadonlySet<number>
  /** Of those that are picked. */
  bytes: number
  onPick: (picked: ReadonlySet<number>) => void
}) {
  const possible = files.flatMap(({ obstacle }, index) => (obstacle === null ? [index] : []))
  const all = picked.size === possible.length
  const toggle = (index: number) => {
    if (files[index]?.obstacle !== null) return
    const next = new Set(picked)
    if (!next.delete(index)) next.add(index)
    onPick(next)
  }
  return (
    <div className={styles.picker}>
      <div className={styles.all}>
        <Checkbox
          isSelected={all && possible.length > 0}
          isIndeterminate={!all && picked.size > 0}
          isDisabled={possible.length === 0}
          onChange={() => onPick(new Set(all ? [] : possible))}
        >
          {all && possible.length === files.length
            ? words.all(files.length, bytes)
            : words.some(picked.size, files.length, bytes)}
        </Checkbox>
      </div>
      <div className={styles.files} style={{ height: `${Math.min(files.length, ROWS_SHOWN) * ROW_PX}px` }}>
        <VirtualList
          label={words.files}
          role="grid"
          count={files.length}
          getKey={(index) => files[index]?.key ?? index}
          estimate={() => ROW_PX}
          isSelected={(index) => picked.has(index)}
          onAction={toggle}
          onKey={(key, index) => {
            if (key === ' ') toggle(index)
            return key === ' '
          }}
          renderRow={(index, { active }) => {
            const file = files[index]
            if (!file) return null
            const note = file.obstacle !== null ? words.obstacles[file.obstacle] : file.md5 ? '' : words.noMd5
            return (
              <div className={styles.file} role="presentation">
                <span role="gridcell">
                  <Checkbox
                    aria-label={file.key}
                    isSelected={picked.has(index)}
                    isDisabled={file.obstacle !== null}
                    excludeFromTabOrder={!active}
                    onChange={() => toggle(index)}
                  />
                </span>
                <span role="gridcell" className="cut" title={file.key}>
                  {file.key}
                </span>
                <span role="gridcell" className={styles.note}>
                  {note}
                </span>
                <span role="gridcell" className={styles.size}>
                  {file.bytes === null ? '' : formatBytes(file.bytes)}
                </span>
              </div>
            )
          }}
        />
      </div>
    </div>
  )
}
