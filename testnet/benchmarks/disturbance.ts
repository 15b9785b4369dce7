/**
 * What spoils a run: others on the processors, messages that are missing, states that differ.
 *
 * @module
 */

/** Beyond it somebody else's work is in the figures. */
const FOREIGN_SHARE_MAX = 0.1

/** Whether others took so much of the machine that the figures tell of them too. */
export function isDisturbed({ foreignShare }: { readonly foreignShare: number | null }): boolean {
  return foreignShare !== null && foreignShare > FOREIGN_SHARE_MAX
}

/** What is to be said about a part of a run on a net. */
export function netRemarks(
  phase: string,
  part: {
    readonly foreignShare: number | null
    readonly lost?: number
    readonly rootsEqual: boolean
    readonly hasCrashed: boolean
  }
): readonly string[] {
  const { foreignShare, lost = 0, rootsEqual, hasCrashed } = part
  const remarks: string[] = []
  if (foreignShare === null)
    remarks.push(`${phase}: this system does not tell what else its processors do`)
  if (isDisturbed(part))
    remarks.push(
      `disturbed: in the ${phase} window others took ${Math.round(100 * (foreignShare ?? 0))} % of the machine`
    )
  if (lost > 0) remarks.push(`invalid: ${lost} messages of the ${phase} phase are missing`)
  if (!rootsEqual) remarks.push(`invalid: after the ${phase} phase the nodes' states differ`)
  if (hasCrashed) remarks.push(`invalid: a node ended by itself in the ${phase} phase`)
  return remarks
}
