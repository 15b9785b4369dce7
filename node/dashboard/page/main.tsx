/**
 * Entry of the dashboard.
 *
 * @module
 */

import { signal } from '@preact/signals'
import { type JSX, render } from 'preact'
import type { BlockAnswer } from './feed/answers.ts'
import { askJson } from './feed/ask.ts'
import { startFeed } from './feed/feed.ts'
import { Charts } from './parts/charts.tsx'
import { CheckButton } from './parts/check-button.tsx'
import { AlertsPanel, DevicesPanel, ReadingsPanel } from './parts/devices-panel.tsx'
import { Explorer } from './parts/explorer.tsx'
import { MembersTable } from './parts/members-table.tsx'
import { MotionsPanel } from './parts/motions-panel.tsx'
import { StateHeader } from './parts/state-header.tsx'
import { WorldMap } from './parts/world-map.tsx'
import { readPlace } from './state/place.ts'
import { createStore } from './state/store.ts'

const store = createStore()
const place = signal(readPlace(location.hash))
addEventListener('hashchange', () => {
  place.value = readPlace(location.hash)
})

function Dashboard(): JSX.Element {
  return (
    <>
      <a class="skip" href="#explorer">
        Skip to looking something up
      </a>
      <StateHeader store={store} />
      <main>
        <WorldMap store={store} />
        <div class="column">
          <MembersTable store={store} />
          <MotionsPanel store={store} />
          <AlertsPanel store={store} />
        </div>
        <div class="column">
          <Charts store={store} />
          <ReadingsPanel store={store} />
        </div>
        <DevicesPanel store={store} />
        <Explorer store={store} place={place} />
      </main>
      <Trust />
    </>
  )
}

/** Why, and how far, what is shown may be believed. */
function Trust(): JSX.Element {
  const height = store.status.value?.height ?? 0
  const genesisHash = store.status.value?.genesisHash ?? ''
  const checkNewest = async (): Promise<BlockAnswer> => {
    const { block } = await askJson<{ block: BlockAnswer }>(`/v1/blocks/${height}`)
    return block
  }
  return (
    <footer>
      <h2>Need you believe this node?</h2>
      <p>
        What stands above is this node’s word. A block, an outcome and a device’s record can be
        checked here against the members’ signatures, from the genesis on. Whoever wants to be sure
        compares the hash of the genesis with somebody of the network, and checks with a program
        that did not come from this node: <code>thingmoot verify</code>.
      </p>
      {height === 0 ? null : (
        <CheckButton
          label="Verify the newest block in this browser"
          check={async (verifier) => verifier.checkBlock(await checkNewest())}
        />
      )}
      <p class="note">
        Genesis <code class="hash">{genesisHash}</code>
      </p>
    </footer>
  )
}

startFeed(store)
const root = document.getElementById('page')
if (root !== null) {
  root.textContent = ''
  render(<Dashboard />, root)
}
