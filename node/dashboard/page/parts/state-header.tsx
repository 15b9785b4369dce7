/**
 * The head of the page: where one is, and the sentence that says how the ledger is.
 *
 * Only what changes seldom is read aloud; seconds tick silently.
 *
 * @module
 */

import type { JSX } from 'preact'
import { makeSentence } from '../state/sentence.ts'
import type { Store } from '../state/store.ts'
import { counted, shortId } from '../state/words.ts'
import { AccessForm } from './access-form.tsx'

/** The head. */
export function StateHeader({ store }: { readonly store: Store }): JSX.Element {
  const status = store.status.value
  return (
    <header>
      <p class="brand">
        <a href="#/" aria-label="Thingmoot, to the start of the page">
          <strong>Thingmoot</strong>
        </a>
        {status === null ? null : (
          <span>
            network <b>{status.networkId}</b> · {status.role === 'member' ? 'member' : 'observer'}{' '}
            node {shortId(status.nodeId)}
          </span>
        )}
      </p>
      <Sentence store={store} />
      {status === null ? null : <Facts store={store} />}
      {status?.alarms.map((alarm) => (
        <p key={alarm} class="alarm" role="alert">
          Alarm {alarm}: <code>thingmoot doctor</code> on this node says what to do.
        </p>
      ))}
      <AccessForm store={store} />
    </header>
  )
}

function Sentence({ store }: { readonly store: Store }): JSX.Element {
  const status = store.status.value
  if (status === null)
    return (
      <h1 class="sentence tone-quiet">
        <span role="status">
          {store.silentSinceMs.value === null
            ? 'Asking this node how the ledger is …'
            : 'This node does not answer.'}
        </span>
      </h1>
    )
  const { tone, said, shown } = makeSentence({
    status,
    members: store.members.value,
    nowMs: store.nowMs.value,
    silentSinceMs: store.silentSinceMs.value
  })
  return (
    <h1 class={`sentence tone-${tone}`}>
      <span role="status" aria-live="polite" class="unseen">
        {said}
      </span>
      <span class="shown" aria-hidden="true">
        {shown}
      </span>
    </h1>
  )
}

function Facts({ store }: { readonly store: Store }): JSX.Element | null {
  const status = store.status.value
  if (status === null) return null
  const { height, epoch, reachableWeight, totalWeight, quorumWeight, pendingTransactions } = status
  const waiting =
    pendingTransactions === 0 ? '' : ` · ${counted(pendingTransactions, 'message')} waiting`
  const news =
    store.news.value === 'asked' ? ' · asking once a second, this node tells no events' : ''
  return (
    <p class="facts">
      height {height} · epoch {epoch} · {reachableWeight} of {counted(totalWeight, 'vote')} in
      reach, {quorumWeight} needed
      {waiting}
      {news}
    </p>
  )
}
