/**
 * Absence in words: who is missing, since when, and who would bring the ledger back.
 *
 * @module
 */

/** A member out of this node's reach. */
export interface AbsentMember {
  /** Lower-case hex. */
  readonly memberId: string
  readonly region: string
  readonly weight: number
  /** When this node last heard it; null for not since its start. */
  readonly lastHeardAtMs: number | null
}

/** Names in one sentence; all of them stand in the status. */
const NAMES_MAX = 6
/** Ways that are named, where members differ in weight. */
const WAYS_MAX = 3
const DAY_MS = 86_400_000

/** A member as people tell it from the others. */
export function nameOf({ memberId, region }: Pick<AbsentMember, 'memberId' | 'region'>): string {
  return `${region} (${memberId.slice(0, 8)})`
}

/** Since when a member is missing: `since 12:04:00 UTC`, with the day where that is long ago. */
export function describeSince(lastHeardAtMs: number | null, nowMs: number): string {
  if (lastHeardAtMs === null) return 'since before this node started'
  const text = new Date(lastHeardAtMs).toISOString()
  const day = nowMs - lastHeardAtMs < DAY_MS ? '' : `${text.slice(0, 10)} `
  return `since ${day}${text.slice(11, 19)} UTC`
}

/** Who is missing, each with its time, as long as they can be counted on one's fingers. */
export function describeAbsent(absent: readonly AbsentMember[], nowMs: number): string {
  const names = absent
    .slice(0, NAMES_MAX)
    .map((one) => `${nameOf(one)} ${describeSince(one.lastHeardAtMs, nowMs)}`)
  return withRest(names, absent.length - names.length).join(', ')
}

/**
 * What would bring the ledger back, in one sentence.
 *
 * @param lackingWeight - what the quorum lacks, above 0
 */
export function describeReturn(absent: readonly AbsentMember[], lackingWeight: number): string {
  const [first] = absent
  const isEqual = first !== undefined && absent.every(({ weight }) => weight === first.weight)
  if (!isEqual) return describeWays(absent, lackingWeight)
  const needed = Math.ceil(lackingWeight / first.weight)
  if (absent.length === 1) return 'It goes on when this one is back.'
  if (needed >= absent.length) return `It goes on when all ${absent.length} are back.`
  return `It goes on with any ${needed} of these ${absent.length} back.`
}

/** Members of different weight: each who would do alone, and the fewest of the others together. */
function describeWays(absent: readonly AbsentMember[], lackingWeight: number): string {
  const byWeight = [...absent].sort((a, b) => b.weight - a.weight)
  const alone = byWeight.filter(({ weight }) => weight >= lackingWeight).slice(0, WAYS_MAX)
  const ways = alone.map(nameOf)
  const together: string[] = []
  let sum = 0
  for (const member of byWeight.filter((one) => one.weight < lackingWeight)) {
    if (sum >= lackingWeight) break
    together.push(nameOf(member))
    sum += member.weight
  }
  if (sum >= lackingWeight && ways.length < WAYS_MAX) ways.push(together.join(' and '))
  const votes = lackingWeight === 1 ? 'vote' : 'votes'
  return `It needs ${lackingWeight} more ${votes} of weight; these would do: ${ways.join(', or ')}.`
}

function withRest(names: readonly string[], rest: number): readonly string[] {
  return rest > 0 ? [...names, `and ${rest} more`] : names
}
