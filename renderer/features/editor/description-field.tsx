import { EditorContent, useEditor as useTiptap, useEditorState, type Editor as Tiptap } from '@tiptap/react'
import {
  Bold,
  Code,
  Italic,
  Link as LinkIcon,
  List,
  ListOrdered,
  Subscript,
  Superscript,
  Underline,
} from 'lucide-react'
import { memo, useEffect, useId, useRef, useState } from 'react'
import { ToggleButton, Toolbar, Tooltip, TooltipTrigger } from 'react-aria-components'
import buttonStyles from '../../components/button.module.css'
import { Button } from '../../components/button.tsx'
import { cx } from '../../components/cx.ts'
import { Icon, type IconShape } from '../../components/icon.tsx'
import { KeyHint } from '../../components/key-hint.tsx'
import { SectionHead } from '../../components/layout.tsx'
import { Note } from '../../components/banner.tsx'
import { Select } from '../../components/select.tsx'
import { TextArea, TextField } from '../../components/text-field.tsx'
import { useField } from './context.ts'
import {
  cleanPasted,
  countCharacters,
  DESCRIPTION_EXTENSIONS,
  isWritable,
  parseDescription,
  toLinkAddress,
  toStored,
} from './description-format.ts'
import styles from './description-field.module.css'
import { FieldSlot } from './field-slot.tsx'
import formStyles from './form.module.css'
import { messages } from './messages.ts'

/** The description as formatted text; as HTML where it holds what the editor can’t show. */
export const DescriptionField = memo(function DescriptionField() {
  const { path, value = '', onChange, error, advice } = useField('description')
  const [isSource, setIsSource] = useState(() => !isWritable(value))
  const footId = useId()
  const foot = error ?? advice
  return (
    <FieldSlot path={path}>
      <section className={formStyles.section}>
        <SectionHead title={messages.description} />
        {isSource ? (
          <>
            <Note
              tone="info"
              title={messages.sourceTitle}
              actions={
                <>
                  <Button size="s" onPress={() => setIsSource(false)}>
                    {messages.simplify}
                  </Button>
                  <span className={formStyles.advice}>{messages.simplifyDetail}</span>
                </>
              }
            >
              {messages.sourceDetail}
            </Note>
            <TextArea label={messages.source} rows={10} value={value} onChange={onChange} error={error} />
          </>
        ) : (
          <>
            <RichText value={value} onChange={onChange} isInvalid={error !== null} footId={footId} />
            <p id={footId} className={error === null ? formStyles.advice : formStyles.problem} hidden={foot === null}>
              {foot}
            </p>
          </>
        )}
      </section>
    </FieldSlot>
  )
})

function RichText({
  value,
  onChange,
  isInvalid,
  footId,
}: {
  value: string
  onChange: (html: string) => void
  isInvalid: boolean
  footId: string
}) {
  /** What the editor and the form last agreed on: another value comes from outside and goes into the editor. */
  const shown = useRef(value)
  const report = useRef(onChange)
  const [isLinking, setIsLinking] = useState(false)
  useEffect(() => {
    report.current = onChange
  })

  const editor = useTiptap({
    extensions: DESCRIPTION_EXTENSIONS,
    // The window's policy refuses style elements; what the editor needs stands in the style sheet.
    injectCSS: false,
    content: parseDescription(value),
    onUpdate: ({ editor: changed }) => {
      shown.current = toStored(changed.getHTML())
      report.current(shown.current)
    },
    editorProps: {
      attributes: {
        class: styles.text ?? '',
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': messages.description,
        'aria-describedby': footId,
      },
      transformPastedHTML: cleanPasted,
      handleDOMEvents: {
        // Tab leaves the field as it leaves every other (WCAG 2.1.2); true keeps the editor from handling it.
        keydown: (_view, event) => event.key === 'Tab',
      },
    },
    immediatelyRender: true,
    shouldRerenderOnTransaction: false,
  })

  useEffect(() => {
    if (value === shown.current) return
    shown.current = value
    editor.commands.setContent(parseDescription(value), { emitUpdate: false })
  }, [value, editor])

  useEffect(() => {
    editor.view.dom.setAttribute('aria-invalid', String(isInvalid))
  }, [editor, isInvalid])

  return (
    <div
      className={cx(styles.frame, isInvalid && styles.invalid)}
      onKeyDown={(event) => {
        if (event.key.toLowerCase() !== 'k' || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        setIsLinking(true)
      }}
    >
      <Tools editor={editor} onLink={() => setIsLinking(true)} characters={countCharacters(value)} />
      {isLinking && (
        <LinkForm
          editor={editor}
          onDone={() => {
            setIsLinking(false)
            editor.commands.focus()
          }}
        />
      )}
      <EditorContent editor={editor} className={cx(styles.content)} />
    </div>
  )
}

type Style = 'paragraph' | 'h2' | 'h3' | 'blockquote' | 'pre'

function Tools({ editor, onLink, characters }: { editor: Tiptap; onLink: () => void; characters: number }) {
  const on = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      style: styleOf(now),
      bold: now.isActive('bold'),
      italic: now.isActive('italic'),
      underline: now.isActive('underline'),
      subscript: now.isActive('subscript'),
      superscript: now.isActive('superscript'),
      code: now.isActive('code'),
      bullets: now.isActive('bulletList'),
      numbers: now.isActive('orderedList'),
      link: now.isActive('link'),
    }),
  })
  const chain = () => editor.chain().focus()
  return (
    <Toolbar aria-label={messages.toolbar} className={cx(styles.toolbar)}>
      <div className={styles.style}>
        <Select
          label={messages.style}
          hideLabel
          options={(['paragraph', 'h2', 'h3', 'blockquote', 'pre'] as const).map((id) => ({
            id,
            label: messages.styles[id],
          }))}
          value={on.style}
          onChange={(style) => setStyle(editor, style)}
        />
      </div>
      <Tool icon={Bold} label={messages.bold} keys="mod+B" isOn={on.bold} onPress={() => chain().toggleBold().run()} />
      <Tool
        icon={Italic}
        label={messages.italic}
        keys="mod+I"
        isOn={on.italic}
        onPress={() => chain().toggleItalic().run()}
      />
      <Tool
        icon={Underline}
        label={messages.underline}
        keys="mod+U"
        isOn={on.underline}
        onPress={() => chain().toggleUnderline().run()}
      />
      <Tool
        icon={Subscript}
        label={messages.subscript}
        keys="mod+,"
        isOn={on.subscript}
        onPress={() => chain().toggleMark('subscript').run()}
      />
      <Tool
        icon={Superscript}
        label={messages.superscript}
        keys="mod+."
        isOn={on.superscript}
        onPress={() => chain().toggleMark('superscript').run()}
      />
      <Tool icon={Code} label={messages.code} keys="mod+E" isOn={on.code} onPress={() => chain().toggleCode().run()} />
      <Tool
        icon={List}
        label={messages.bullets}
        keys="mod+shift+8"
        isOn={on.bullets}
        onPress={() => chain().toggleBulletList().run()}
      />
      <Tool
        icon={ListOrdered}
        label={messages.numbers}
        keys="mod+shift+7"
        isOn={on.numbers}
        onPress={() => chain().toggleOrderedList().run()}
      />
      <Tool icon={LinkIcon} label={messages.link} keys="mod+shift+K" isOn={on.link} onPress={onLink} />
      <span className={styles.count}>{messages.characters(characters)}</span>
    </Toolbar>
  )
}

function Tool({
  icon,
  label,
  keys,
  isOn,
  onPress,
}: {
  icon: IconShape
  label: string
  keys: string
  isOn: boolean
  onPress: () => void
}) {
  return (
    <TooltipTrigger delay={600} closeDelay={0}>
      <ToggleButton
        aria-label={label}
        isSelected={isOn}
        onPress={onPress}
        className={cx(buttonStyles.button, buttonStyles.quiet, buttonStyles.square, buttonStyles.small, styles.tool)}
      >
        <Icon as={icon} />
      </ToggleButton>
      <Tooltip className={buttonStyles.tooltip ?? ''} offset={4}>
        {label}
        <KeyHint keys={keys} />
      </Tooltip>
    </TooltipTrigger>
  )
}

/** The address of the link that the cursor is in, or of the selected text. */
function LinkForm({ editor, onDone }: { editor: Tiptap; onDone: () => void }) {
  const [typed, setTyped] = useState(() => {
    const href: unknown = editor.getAttributes('link')['href']
    return typeof href === 'string' ? href : ''
  })
  const [isTried, setIsTried] = useState(false)
  const address = toLinkAddress(typed)
  return (
    <form
      className={styles.link}
      onSubmit={(event) => {
        event.preventDefault()
        if (address === null) return setIsTried(true)
        const chain = editor.chain().focus().extendMarkRange('link')
        if (editor.state.selection.empty && !editor.isActive('link'))
          chain
            .insertContent({ type: 'text', text: address, marks: [{ type: 'link', attrs: { href: address } }] })
            .run()
        else chain.setLink({ href: address }).run()
        onDone()
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone()
      }}
    >
      <div className={formStyles.grow}>
        <TextField
          label={messages.linkAddress}
          placeholder={messages.linkHint}
          value={typed}
          onChange={setTyped}
          error={isTried && address === null ? messages.linkWrong : null}
          autoFocus
          spellCheck="false"
        />
      </div>
      <Button size="s" type="submit">
        {messages.setLink}
      </Button>
      {editor.isActive('link') && (
        <Button
          size="s"
          tone="quiet"
          onPress={() => {
            editor.chain().focus().extendMarkRange('link').unsetLink().run()
            onDone()
          }}
        >
          {messages.removeLink}
        </Button>
      )}
      <Button size="s" tone="quiet" onPress={onDone}>
        {messages.cancel}
      </Button>
    </form>
  )
}

function styleOf(editor: Tiptap): Style {
  if (editor.isActive('blockquote')) return 'blockquote'
  if (editor.isActive('codeBlock')) return 'pre'
  if (!editor.isActive('heading')) return 'paragraph'
  return editor.isActive('heading', { level: 1 }) || editor.isActive('heading', { level: 2 }) ? 'h2' : 'h3'
}

function setStyle(editor: Tiptap, style: Style): void {
  const plain = editor.chain().focus()
  if (editor.isActive('blockquote')) plain.lift('blockquote')
  switch (style) {
    case 'paragraph':
      return void plain.setParagraph().run()
    case 'h2':
      return void plain.setHeading({ level: 2 }).run()
    case 'h3':
      return void plain.setHeading({ level: 3 }).run()
    case 'blockquote':
      return void plain.setParagraph().wrapIn('blockquote').run()
    case 'pre':
      return void plain.setCodeBlock().run()
  }
}
