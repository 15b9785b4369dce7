/**
 * The rule that the ledger holds nobody's name: every field of text in its formats is known here, with
 * its bound and the reason why no person is told of in it.
 *
 * Ids, keys and hashes are bytes; free text is where a name, an address or a note would go, and what
 * stands on a ledger cannot be taken back.
 *
 * @module
 */

import { codeOf, isTest, type SourceFile } from './repository.ts'

/** A field of text that the ledger's formats may have. */
export interface TextField {
  readonly path: string
  /** The line that reads it, as it stands in the code. */
  readonly line: string
  readonly bound: string
  readonly reason: string
}

/** What decides the bytes of transactions and of records. */
const FORMATS = /^protocol\/(?:transactions|ledger|blocks|membership)\//
/** A shape that reads text. */
const TEXT_SHAPE = /\btext\(/
/** A test of a value's type that lets text through. */
const TEXT_TEST = /=== 'string'/

/** Every field of text that there is. A new one is a change of the law, and needs its reason here. */
export const TEXT_FIELDS: readonly TextField[] = [
  {
    path: 'protocol/transactions/member-act.ts',
    line: 'export const regionShape: Shape<string> = text(64)',
    bound: 'one of the regions in the genesis',
    reason: 'where a member’s node stands, as coarse as the network has it'
  },
  {
    path: 'protocol/transactions/member-act.ts',
    line: 'export const endpointsShape: Shape<readonly string[]> = list(text(128), 4)',
    bound: '4 of 128 letters',
    reason: 'addresses by which a member’s node is called; members are operators, not owners'
  },
  {
    path: 'protocol/transactions/profile.ts',
    line: 'const regionList = list(text(64), 8)',
    bound: '8 of 64 letters',
    reason:
      'regions in which a device may speak; not compared with the genesis, so it is the client that offers no other text'
  },
  {
    path: 'protocol/transactions/inclusion.ts',
    line: 'nullable(text(CODE_MAX))',
    bound: '64 letters',
    reason: 'the code of an outcome, which must be in a receipt that the ledger itself wrote'
  },
  {
    path: 'protocol/transactions/senml.ts',
    line: "const isText: Check = (value) => typeof value === 'string' && !value.includes('\\ufffd')",
    bound: 'within the content of a message, 8,192 bytes',
    reason: 'what a device says in clear: its values and units; whoever has more to say seals it'
  },
  {
    path: 'protocol/transactions/senml.ts',
    line: "const isName: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9\\-:./_]*$/.test(value)",
    bound: 'letters, digits and five signs, within the content of a message',
    reason: 'names of values, as RFC 8428 has them'
  },
  {
    path: 'protocol/transactions/senml.ts',
    line: "if (typeof label === 'string') return isText(label) && !label.endsWith('_')",
    bound: 'within the content of a message',
    reason: 'labels of SenML that are not known yet'
  },
  {
    path: 'protocol/membership/electorate.ts',
    line: 'text(64),',
    bound: '64 letters',
    reason: 'a member’s region, from its act'
  },
  {
    path: 'protocol/membership/electorate.ts',
    line: 'list(text(128), 4)',
    bound: '4 of 128 letters',
    reason: 'a member’s endpoints, from its act'
  },
  {
    path: 'protocol/membership/join-bundle.ts',
    line: 'text(NETWORK_ID_MAX),',
    bound: '32 small letters, digits and hyphens',
    reason: 'the name of the network; a bundle stands on no ledger'
  },
  {
    path: 'protocol/membership/join-bundle.ts',
    line: 'text(JOIN_BUNDLE_MAX_BYTES),',
    bound: 'as long as a bundle',
    reason: 'the genesis as its file has it; a bundle stands on no ledger'
  },
  {
    path: 'protocol/membership/join-bundle.ts',
    line: 'list(text(ADDRESS_MAX), ADDRESSES_MAX)',
    bound: 'a few addresses',
    reason: 'nodes to call first; a bundle stands on no ledger'
  },
  {
    path: 'protocol/ledger/records/chain-record.ts',
    line: 'list(text(64), 64),',
    bound: '64 of 64 letters',
    reason: 'the regions of the network, from its genesis'
  },
  {
    path: 'protocol/ledger/records/member-record.ts',
    line: 'text(64),',
    bound: '64 letters',
    reason: 'a member’s region, from its act'
  },
  {
    path: 'protocol/ledger/records/member-record.ts',
    line: 'list(text(128), 4),',
    bound: '4 of 128 letters',
    reason: 'a member’s endpoints, from its act'
  }
]

/** Fields of text that nobody has given a reason for, and reasons for fields that are not there. */
export function unreasonedText(
  files: readonly SourceFile[],
  known: readonly TextField[]
): string[] {
  const found = files
    .filter((file) => FORMATS.test(file.path) && !isTest(file))
    .flatMap((file) => linesWithText(file).map((line) => ({ path: file.path, line })))
  const isSame = (one: { path: string; line: string }, other: { path: string; line: string }) =>
    one.path === other.path && one.line === other.line
  const surprising = found.filter((one) => !known.some((field) => isSame(field, one)))
  const gone = known.filter((field) => !found.some((one) => isSame(field, one)))
  return [
    ...surprising.map(({ path, line }) => `${path}: text without a reason: ${line}`),
    ...gone.map(({ path, line }) => `${path}: a reason for text that is not there: ${line}`)
  ]
}

/** Rules answer with codes, which are text to this program alone and stand in receipts. */
function isRule({ path }: SourceFile): boolean {
  return /^protocol\/ledger\/(?:rules|governance|devices)\//.test(path)
}

function linesWithText(file: SourceFile): string[] {
  const code = codeOf(file.text.replaceAll("'string'", 'STRING')).split('\n')
  return file.text
    .split('\n')
    .filter((_, index) => {
      const line = (code[index] ?? '').replaceAll('STRING', "'string'")
      return TEXT_SHAPE.test(line) || (TEXT_TEST.test(line) && !isRule(file))
    })
    .map((line) => line.trim())
}
