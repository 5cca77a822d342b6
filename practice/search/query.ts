import { isObject, type Json } from '../json.ts'

/*
 * A small part of Lucene's query language, enough for what people and clients send: words, phrases, fields, AND OR NOT + -,
 * groups, wildcards, ranges. What cannot be parsed is searched as words, never refused (live findings B11).
 */

type Matcher = (document: Json) => boolean

/** Whether a document meets the query; an empty query is met by all. */
export function parseQuery(query: string): Matcher {
  if (query.trim() === '' || query.trim() === '*') return () => true
  try {
    const parser = new Parser(tokenise(query))
    const matcher = parser.expression()
    parser.end()
    return matcher
  } catch {
    const words = wordsOf(query)
    return (document) => {
      const found = allWords(document)
      return words.some((word) => found.has(word))
    }
  }
}

/** Lower-case words without accents. */
export function wordsOf(text: string): string[] {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

type Token = { readonly kind: 'word' | 'phrase' | 'range' | 'sign'; readonly text: string }

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|([[{][^\]}]*\sTO\s[^\]}]*[\]}])|(\(|\)|\+(?=\S)|-(?=\S)|!|&&|\|\||:)|((?:[^\s"()[\]{}:\\]|\\.)+))/y

function tokenise(query: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const found = TOKEN.exec(query)
    if (!found) throw new Error('not a token')
    const [, phrase, range, sign, word] = found
    if (phrase !== undefined) tokens.push({ kind: 'phrase', text: phrase.slice(1, -1).replace(/\\(.)/g, '$1') })
    else if (range !== undefined) tokens.push({ kind: 'range', text: range })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    else tokens.push({ kind: 'word', text: (word ?? '').replace(/\\(.)/g, '$1').replace(/\^[\d.]+$|~[\d.]*$/, '') })
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Clauses side by side: any of them suffices, unless one is demanded or forbidden. */
  expression(field: string | null = null): Matcher {
    let any: Matcher[] = []
    const all: Matcher[] = []
    for (;;) {
      const token = this.#peek()
      if (!token || isSign(token, ')')) break
      if (isSign(token, '||') || isWord(token, 'OR')) {
        this.#at += 1
        continue
      }
      if (isSign(token, '&&') || isWord(token, 'AND')) {
        this.#at += 1
        const previous = any.at(-1)
        if (previous) all.push(previous)
        any = any.slice(0, -1)
        all.push(this.#clause(field))
        continue
      }
      if (isSign(token, '+')) {
        this.#at += 1
        all.push(this.#clause(field))
        continue
      }
      if (isSign(token, '-') || isSign(token, '!') || isWord(token, 'NOT')) {
        all.push(this.#clause(field))
        continue
      }
      any.push(this.#clause(field))
    }
    if (any.length === 0 && all.length === 0) throw new Error('empty')
    return (document) =>
      all.every((matches) => matches(document)) &&
      (any.length === 0 || all.length > 0 || any.some((matches) => matches(document)))
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Error('too much')
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #clause(field: string | null): Matcher {
    const token = this.#peek()
    if (!token) throw new Error('too little')
    this.#at += 1
    if (isSign(token, '-') || isSign(token, '!') || isWord(token, 'NOT')) {
      const inner = this.#clause(field)
      return (document) => !inner(document)
    }
    if (isSign(token, '(')) {
      const inner = this.expression(field)
      const close = this.#peek()
      if (!close || !isSign(close, ')')) throw new Error('not closed')
      this.#at += 1
      return inner
    }
    if (token.kind === 'sign') throw new Error('not a clause')
    const next = this.#peek()
    if (token.kind === 'word' && next && isSign(next, ':')) {
      this.#at += 1
      return token.text === '_exists_' ? this.#exists() : this.#clause(token.text)
    }
    if (token.kind === 'range') return range(field, token.text)
    if (token.kind === 'phrase') return phrase(field, token.text)
    return word(field, token.text)
  }

  #exists(): Matcher {
    const token = this.#peek()
    if (token?.kind !== 'word') throw new Error('no field')
    this.#at += 1
    return (document) => valuesAt(document, token.text).length > 0
  }
}

const isSign = (token: Token, text: string) => token.kind === 'sign' && token.text === text
const isWord = (token: Token, text: string) => token.kind === 'word' && token.text === text

function word(field: string | null, text: string): Matcher {
  if (text === '*') return (document) => field === null || valuesAt(document, field).length > 0
  if (!/[*?]/.test(text)) return phrase(field, text)
  const pattern = new RegExp(
    `^${wordsOfPattern(text)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'u',
  )
  return (document) =>
    textsOf(document, field).some(
      (value) => wordsOf(value).some((item) => pattern.test(item)) || pattern.test(value.toLowerCase()),
    )
}

const wordsOfPattern = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** All words in order, one after the other, in one value. */
function phrase(field: string | null, text: string): Matcher {
  const wanted = wordsOf(text)
  if (wanted.length === 0) return () => false
  return (document) =>
    textsOf(document, field).some((value) => {
      const words = wordsOf(value)
      return words.some((_, start) => wanted.every((item, index) => words[start + index] === item))
    })
}

function range(field: string | null, text: string): Matcher {
  const parts = /^([[{])\s*(\S+)\s+TO\s+(\S+)\s*([\]}])$/.exec(text)
  if (!parts || field === null) throw new Error('not a range')
  const [, open, from = '*', to = '*', close] = parts
  const low = unquoted(from)
  const high = unquoted(to)
  return (document) =>
    textsOf(document, field).some((value) => {
      const aboveLow = low === '*' || (open === '[' ? compareValues(value, low) >= 0 : compareValues(value, low) > 0)
      const belowHigh =
        high === '*' ||
        (close === ']' ? compareValues(value.slice(0, high.length), high) <= 0 : compareValues(value, high) < 0)
      return aboveLow && belowHigh
    })
}

const unquoted = (text: string) => text.replace(/^"|"$/g, '')

function compareValues(a: string, b: string): number {
  const numbers = [Number(a), Number(b)]
  if (numbers.every((number) => !Number.isNaN(number))) return (numbers[0] ?? 0) - (numbers[1] ?? 0)
  return a < b ? -1 : a > b ? 1 : 0
}

function textsOf(document: Json, field: string | null): string[] {
  return (field === null ? everyValue(document) : valuesAt(document, field)).map(String)
}

type Leaf = string | number | boolean

function everyValue(value: Json): Leaf[] {
  if (value === null) return []
  if (Array.isArray(value)) return value.flatMap(everyValue)
  if (isObject(value))
    return Object.entries(value).flatMap(([key, inner]) => (NOT_SEARCHED.has(key) ? [] : everyValue(inner)))
  return [value]
}

/** Addresses and display forms: not what a word is meant to find. */
const NOT_SEARCHED = new Set(['links', 'ui', 'created', 'updated', 'expires_at'])

function valuesAt(document: Json, field: string): Leaf[] {
  const path = field.split('.')
  const step = (value: Json, rest: readonly string[]): Leaf[] => {
    if (Array.isArray(value)) return value.flatMap((item) => step(item, rest))
    const [key, ...others] = rest
    if (key === undefined) return everyValue(value)
    return isObject(value) && value[key] !== undefined ? step(value[key], others) : []
  }
  return step(document, path)
}

function allWords(document: Json): Set<string> {
  return new Set(everyValue(document).flatMap((value) => wordsOf(String(value))))
}
