/**
 * Reads YAML or JSON text from an untrusted file and remembers where each key stands.
 *
 * Only plain data is taken: no anchors, aliases, tags or directives, no key twice, nothing nested
 * deeper than a dozen levels. So neither a bomb of aliases nor a tower of brackets gets through.
 *
 * @module
 */

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type YAMLMap
} from 'yaml'
import { ConfigError, type ConfigErrorCode, type ConfigProblem } from './config-error.ts'
import { type Path, printable, showPath } from './show-value.ts'

/** Where a key stands in its file, counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** What the text says, and where it says it. */
export interface PositionedDocument {
  /** Plain data; maps have no prototype. Undefined when the text is empty. */
  readonly value: unknown
  /** Where the key (or the value) of `path` stands, or of the nearest group around it. */
  readonly locate: (path: Path, part: 'key' | 'value') => Position
}

/** Which text is read, and how. */
export interface DocumentOptions {
  /** The name of the file in errors. */
  readonly source: string
  readonly syntax: 'yaml' | 'json'
  readonly sizeMaxCharacters: number
  readonly code: ConfigErrorCode
}

/** What keeps the text from being plain data, and at which character. */
interface Fault {
  readonly offset: number
  readonly path?: Path
  readonly what: string
}

interface Composed {
  readonly contents: Node | null
  readonly faults: readonly Fault[]
}

const DEPTH_MAX = 12
// The parser's stack holds the document and one entry for each level, or two in flow style.
const STACK_MAX = 2 * DEPTH_MAX + 4
// The largest genesis, of 100 members and 1,024 grants, has about 47,000.
const LEXEMES_MAX = 65_536
const TOO_DEEP = 'is nested too deeply'
const KEYS_FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const NOT_JSON =
  'is not JSON: no comments, bare words, single quotes or trailing commas are allowed'
const MESSAGE_MAX_CHARACTERS = 160

/** A path as the key of a map; no key that is let in holds a NUL. */
function pathKey(path: Path): string {
  return path.map(String).join('\0')
}

/** The data of one document, gathered node by node. */
class Gatherer {
  readonly faults: Fault[] = []
  readonly offsets: Map<string, { readonly key: number; readonly value: number }> = new Map()

  gather(node: Node | null, path: Path, keyOffset: number): unknown {
    const offset = node?.range?.[0] ?? keyOffset
    this.offsets.set(pathKey(path), { key: keyOffset, value: offset })
    if (node === null) return null
    const refusal = refusalOf(node, path)
    if (refusal !== undefined) {
      this.faults.push({ offset, path, what: refusal })
      return null
    }
    if (isMap(node)) return this.#gatherMap(node, path, offset)
    if (isSeq(node))
      return node.items.map((item, index) => this.#gatherItem(item, [...path, index], offset))
    if (!isScalar(node)) return null
    // Minus zero would be a float to some encoders.
    return node.value === 0 ? 0 : node.value
  }

  #gatherItem(item: unknown, path: Path, listOffset: number): unknown {
    const node = item as Node | null
    return this.gather(node, path, node?.range?.[0] ?? listOffset)
  }

  #gatherMap(map: YAMLMap, path: Path, mapOffset: number): object {
    const gathered: Record<string, unknown> = Object.create(null)
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null
      const key = isScalar(keyNode) ? String(keyNode.value) : ''
      const offset = keyNode?.range?.[0] ?? mapOffset
      const refusal = KEYS_FORBIDDEN.has(key) ? 'this key is forbidden' : refusalOf(keyNode, path)
      if (refusal !== undefined || Object.hasOwn(gathered, key)) {
        this.faults.push({ offset, path: [...path, key], what: refusal ?? 'is said twice' })
        continue
      }
      gathered[key] = this.gather(pair.value as Node | null, [...path, key], offset)
    }
    return gathered
  }
}

function refusalOf(node: Node | null, path: Path): string | undefined {
  if (node === null) return undefined
  if (isAlias(node)) return 'aliases (*) are not allowed, write the value out'
  if (node.anchor !== undefined) return 'anchors (&) are not allowed'
  if (node.tag !== undefined) return 'tags (!) are not allowed'
  return path.length > DEPTH_MAX ? TOO_DEEP : undefined
}

/** The tokens of the text, or what is too much about it and where. */
function tokenize(
  text: string,
  lines: LineCounter
): { readonly tokens: readonly CST.Token[]; readonly excess?: Fault } {
  const parser = new Parser(lines.addNewLine)
  const tokens: CST.Token[] = []
  let lexemes = 0
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme))
    lexemes++
    // Composing recurses over the levels. Beyond a few thousand the stack overflows, in a regular
    // expression even fatally for the process, so the depth is bounded before.
    if (parser.stack.length > STACK_MAX)
      return { tokens, excess: { offset: parser.offset, what: TOO_DEEP } }
    // Composing also makes an error object, with its stack, for each misplaced comma.
    if (lexemes > LEXEMES_MAX)
      return { tokens, excess: { offset: parser.offset, what: 'has too many parts up to here' } }
  }
  tokens.push(...parser.end())
  return { tokens }
}

/** Faults of the YAML itself, first those that the library names. */
function* syntaxFaults(documents: readonly Document.Parsed[]): Generator<Fault> {
  for (const document of documents) {
    const [first] = [...document.errors, ...document.warnings]
    if (first !== undefined)
      yield { offset: first.pos[0], what: printable(first.message, MESSAGE_MAX_CHARACTERS) }
    if (document.directives.yaml.explicit === true)
      yield { offset: 0, what: 'directives (%) are not allowed' }
  }
  const second = documents[1]
  if (second !== undefined)
    yield { offset: second.range[0], what: 'more than one document in one file' }
}

/** Why the text is no JSON although it is YAML, or undefined. */
function jsonFault(text: string): Fault | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    // Engines word their messages differently, and not every message tells the position.
    const message = error instanceof Error ? error.message : String(error)
    const offset = /at position (\d+)/.exec(message)?.[1]
    return { offset: Number(offset ?? 0), what: NOT_JSON }
  }
}

/** The YAML of the text, or what keeps it from being one plain document. */
function compose(text: string, tokens: readonly CST.Token[], syntax: 'yaml' | 'json'): Composed {
  const composer = new Composer({
    schema: syntax === 'yaml' ? 'core' : 'json',
    logLevel: 'silent',
    prettyErrors: false,
    stringKeys: true,
    // The library compares every key with every other one: the gatherer does it faster.
    uniqueKeys: false
  })
  const documents = [...composer.compose(tokens, true, text.length)]
  const faults = [...syntaxFaults(documents)]
  const foreign = faults.length === 0 && syntax === 'json' ? jsonFault(text) : undefined
  if (foreign !== undefined) faults.push(foreign)
  return { contents: documents[0]?.contents ?? null, faults }
}

/**
 * Reads `text` into plain data with positions.
 *
 * @throws {@link ConfigError} when it is too long, no YAML (or JSON), or more than plain data
 */
export function readDocument(text: string, options: DocumentOptions): PositionedDocument {
  const { source, syntax, sizeMaxCharacters, code } = options
  const lines = new LineCounter()
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const refuse = (found: readonly Fault[]): void => {
    if (found.length === 0) return
    const problems = found.map(
      ({ offset, path, what }): ConfigProblem => ({
        source,
        ...positionAt(offset),
        path: showPath(path ?? []),
        what
      })
    )
    throw new ConfigError(code, problems)
  }

  if (text.length > sizeMaxCharacters) {
    const what = `has ${text.length} characters, at most ${sizeMaxCharacters} are allowed`
    throw new ConfigError(code, [{ source, path: '', what }])
  }
  const { tokens, excess } = tokenize(text, lines)
  if (excess !== undefined) refuse([excess])
  const { contents, faults } = compose(text, tokens, syntax)
  refuse(faults)
  const gatherer = new Gatherer()
  const value = contents === null ? undefined : gatherer.gather(contents, [], 0)
  refuse(gatherer.faults)
  return {
    value,
    locate: (path, part) => {
      for (let length = path.length; length > 0; length--) {
        const offsets = gatherer.offsets.get(pathKey(path.slice(0, length)))
        // A group stands for the key missing in it, by its own key.
        if (offsets !== undefined)
          return positionAt(length === path.length ? offsets[part] : offsets.key)
      }
      return positionAt(0)
    }
  }
}
