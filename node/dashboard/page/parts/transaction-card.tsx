/**
 * One transaction in the explorer.
 *
 * @module
 */

import type { JSX } from 'preact'
import type { TransactionAnswer } from '../feed/answers.ts'
import { askJson } from '../feed/ask.ts'
import { clockTimeExact, shortId } from '../state/words.ts'
import { Card, Rows, waitingText } from './card.tsx'
import { CheckButton } from './check-button.tsx'
import { useAnswer } from './use-answer.ts'

/** What a stage means to people. */
const STAGES: Readonly<Record<string, string>> = {
  pooled: 'waits for the one before it',
  accepted: 'taken in, and durable at the node that took it',
  confirmed: 'in a block that the members notarised',
  final: 'final: nothing can take it back',
  dropped: 'waited too long, and may be sent again'
}

/** A transaction by its id. */
export function TransactionCard({ id }: { readonly id: string }): JSX.Element {
  const asked = useAnswer(id, () =>
    askJson<{ transaction: TransactionAnswer }>(`/v1/transactions/${id}`)
  ).value
  const title = `Transaction ${shortId(id)}`
  if (asked.kind !== 'here') return <Card title={title}>{waitingText(asked)}</Card>
  const { stage, outcome, code, height, timeMs } = asked.answer.transaction
  return (
    <Card title={title}>
      <Rows
        rows={[
          ['Id', <code key="id">{id}</code>],
          ['Stage', STAGES[stage] ?? stage],
          ['Outcome', `${outcome ?? 'none yet'}${code === null ? '' : ` (${code})`}`],
          [
            'Block',
            height === null ? (
              'none yet'
            ) : (
              <a key="block" href={`#/block/${height}`}>
                {height}
              </a>
            )
          ],
          ['At', timeMs === null ? '–' : clockTimeExact(timeMs)]
        ]}
      />
      {stage === 'final' ? (
        <CheckButton
          label="Verify here in this browser"
          check={(verifier) => verifier.checkTransaction(id)}
        />
      ) : null}
    </Card>
  )
}
