/**
 * One block in the explorer.
 *
 * @module
 */

import type { JSX } from 'preact'
import type { BlockAnswer } from '../feed/answers.ts'
import { askJson } from '../feed/ask.ts'
import { clockTimeExact, counted, shortId } from '../state/words.ts'
import { Card, Rows, waitingText } from './card.tsx'
import { CheckButton } from './check-button.tsx'
import { useAnswer } from './use-answer.ts'

/** Transactions that are listed; the others are counted. */
const LISTED_MAX = 50

/** A block by its height or id. */
export function BlockCard({ at }: { readonly at: string }): JSX.Element {
  const asked = useAnswer(at, () => askJson<{ block: BlockAnswer }>(`/v1/blocks/${at}`)).value
  const title = `Block ${at.length === 64 ? shortId(at) : at}`
  if (asked.kind !== 'here') return <Card title={title}>{waitingText(asked)}</Card>
  const { block } = asked.answer
  return (
    <Card title={`Block ${block.height}`}>
      <Rows
        rows={[
          ['Id', <code key="id">{block.blockId}</code>],
          ['Proposed at', clockTimeExact(block.timeMs)],
          ['Epoch and view', `${block.epoch}, ${block.view}`],
          ['State after it', <code key="root">{block.stateRoot}</code>],
          [
            'Became final',
            block.finalisation === null ? 'with a block above it' : 'by a quorum of its own'
          ]
        ]}
      />
      <CheckButton
        label="Verify here in this browser"
        check={(verifier) => verifier.checkBlock(block)}
      />
      <Transactions block={block} />
    </Card>
  )
}

function Transactions({ block }: { readonly block: BlockAnswer }): JSX.Element {
  const { transactions, isPruned, transactionCount } = block
  if (isPruned)
    return <p>{counted(transactionCount, 'transaction')}, which this node has forgotten.</p>
  const rest = transactions.length - LISTED_MAX
  return (
    <>
      <p>{counted(transactionCount, 'transaction')}</p>
      <ul class="ids">
        {transactions.slice(0, LISTED_MAX).map(({ transactionId, outcome, code }) => (
          <li key={transactionId}>
            <a href={`#/transaction/${transactionId}`}>{transactionId.slice(0, 16)}…</a> {outcome}
            {code === null ? '' : ` (${code})`}
          </li>
        ))}
      </ul>
      {rest > 0 ? <p>and {rest} more</p> : null}
    </>
  )
}
