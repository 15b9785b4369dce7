/**
 * The explorer: blocks, transactions and devices by height or id, each to be checked on the spot.
 *
 * @module
 */

import { type Signal, useSignal } from '@preact/signals'
import type { JSX, TargetedSubmitEvent } from 'preact'
import { AskError, askJson } from '../feed/ask.ts'
import { type Place, readWanted } from '../state/place.ts'
import type { Store } from '../state/store.ts'
import { clockTimeExact, counted } from '../state/words.ts'
import { BlockCard } from './block-card.tsx'
import { DeviceCard } from './device-card.tsx'
import { Nothing, Panel, Scrolled } from './panel.tsx'
import { TransactionCard } from './transaction-card.tsx'

const LISTED_MAX = 10

/** The explorer with its field and its list. */
export function Explorer({
  store,
  place
}: {
  readonly store: Store
  readonly place: Signal<Place>
}): JSX.Element {
  const at = place.value
  return (
    <Panel
      id="explorer"
      title="Look something up"
      note="A block by its height, or a block, transaction or device by its id of 64 digits."
      wide
    >
      <SearchForm />
      {at.kind === 'block' ? <BlockCard key={at.id} at={at.id} /> : null}
      {at.kind === 'transaction' ? <TransactionCard key={at.id} id={at.id} /> : null}
      {at.kind === 'device' ? <DeviceCard key={at.id} id={at.id} store={store} /> : null}
      <h3>Newest blocks</h3>
      <BlockList store={store} />
    </Panel>
  )
}

function SearchForm(): JSX.Element {
  const said = useSignal('')
  const search = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    const text = new FormData(event.currentTarget).get('wanted')
    const wanted = readWanted(typeof text === 'string' ? text : '')
    if (wanted === null) {
      said.value = 'Neither a height nor an id of 64 digits from 0 to f.'
      return
    }
    said.value = 'looking …'
    try {
      const found = wanted.isHeight ? `#/block/${wanted.id}` : await findId(wanted.id)
      said.value = found === null ? 'This node knows nothing by that id.' : ''
      if (found !== null) location.hash = found
    } catch {
      said.value = 'This node did not answer: try again.'
    }
  }
  return (
    <search>
      <form class="search" onSubmit={search}>
        <label>
          Height or id{' '}
          <input name="wanted" inputMode="text" autocomplete="off" spellcheck={false} />
        </label>
        <button type="submit">Look</button>
        <span role="status">{said}</span>
      </form>
    </search>
  )
}

/** An id does not say what it is of, so each kind is asked for, first what answers without a fault. */
async function findId(id: string): Promise<string | null> {
  const asDevice = await askJson<{ state: { value: string | null } }>(`/v1/state/devices/${id}`)
  if (asDevice.state.value !== null) return `#/device/${id}`
  for (const kind of ['transaction', 'block']) {
    if (await isThere(`/v1/${kind}s/${id}`)) return `#/${kind}/${id}`
  }
  return null
}

/** Whether a node has something; every other trouble is the caller's to tell. */
async function isThere(path: string): Promise<boolean> {
  try {
    await askJson(path)
    return true
  } catch (error) {
    if (error instanceof AskError && (error.status === 404 || error.status === 410)) return false
    throw error
  }
}

function BlockList({ store }: { readonly store: Store }): JSX.Element {
  const blocks = store.blocks.value.slice(-LISTED_MAX).reverse()
  if (blocks.length === 0) return <Nothing>None yet.</Nothing>
  return (
    <Scrolled label="Newest blocks">
      <table>
        <thead>
          <tr>
            <th scope="col">Height</th>
            <th scope="col">Proposed at</th>
            <th scope="col">Holds</th>
            <th scope="col">Id</th>
          </tr>
        </thead>
        <tbody>
          {blocks.map(({ height, blockId, timeMs, transactionCount }) => (
            <tr key={height}>
              <th scope="row">
                <a href={`#/block/${height}`}>{height}</a>
              </th>
              <td>{clockTimeExact(timeMs)}</td>
              <td>{counted(transactionCount, 'transaction')}</td>
              <td>
                <code>{blockId.slice(0, 16)}…</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  )
}
