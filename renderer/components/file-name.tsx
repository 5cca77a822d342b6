import styles from './file-name.module.css'

/** Names of data differ at their ends: so many characters of the end always show. */
const END = 12

/** The name of a file on one line. Where there is no room for all of it, the middle gives way. */
export function FileName({ name }: { name: string }) {
  const at = endOf(name)
  return (
    <span className={styles.name} title={name}>
      <span className={styles.start}>{name.slice(0, at)}</span>
      {at < name.length && <span className={styles.end}>{name.slice(at)}</span>}
    </span>
  )
}

const segmenter = new Intl.Segmenter()

/** Where the part begins that is never cut: not inside of a character, nor between a letter and its accent. */
function endOf(name: string): number {
  if (name.length <= 2 * END) return name.length
  const characters = Array.from(segmenter.segment(name.slice(-4 * END)), ({ segment }) => segment)
  return name.length - characters.slice(-END).join('').length
}
