/**
 * A refounding in words: who signed, with what weight, and what may be wrong.
 *
 * @module
 */

import { type RefoundingPlan, type Seat, toHex } from '../../protocol/index.ts'
import { type Paint, table } from './output.ts'

/** What is told of a refounding, by whoever planned it or judged it. */
type ToldRefounding = Pick<
  RefoundingPlan,
  'networkId' | 'signers' | 'signedWeight' | 'totalWeight' | 'warnings'
>

/** Everything that people must know before they found or follow. */
export function refoundingLines(told: ToldRefounding, paint: Paint): readonly string[] {
  const { networkId, signers, signedWeight, totalWeight, warnings } = told
  return [
    paint.bold(`${networkId}: signed by ${signedWeight} of ${totalWeight} weight.`),
    ...table(
      signers.map((seat) => [shortSeat(seat), `weight ${seat.weight}`]),
      paint
    ),
    ...warnings.map((warning) => paint.yellow(warningText(warning, told)))
  ]
}

/** A seat by its region and the head of its member id. */
export function shortSeat({ region, memberId }: Pick<Seat, 'region' | 'memberId'>): string {
  return `${region} (${toHex(memberId).slice(0, 8)})`
}

function warningText(
  warning: ToldRefounding['warnings'][number],
  { signedWeight, totalWeight }: ToldRefounding
): string {
  return warning === 'RIVAL_POSSIBLE'
    ? `Warning: ${signedWeight} of ${totalWeight} is no more than half. Blocks that were final elsewhere may be missing here, and the others could found a rival network from the same past.`
    : 'Warning: in the new network no member may fail. Admit more members soon.'
}
