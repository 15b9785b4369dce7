/**
 * The field for a token, shown where the node wants one.
 *
 * @module
 */

import { useSignal } from '@preact/signals'
import type { JSX, TargetedSubmitEvent } from 'preact'
import { keepToken } from '../feed/access-token.ts'
import type { Store } from '../state/store.ts'

/** Asks for a token when the node refuses this page. */
export function AccessForm({ store }: { readonly store: Store }): JSX.Element | null {
  const fault = useSignal('')
  const refusal = store.refusal.value
  if (refusal === null) return null
  const keep = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const token = new FormData(event.currentTarget).get('token')
    if (typeof token === 'string' && keepToken(token.trim())) location.reload()
    else fault.value = 'This is no token: letters, digits, - and _ alone.'
  }
  return (
    <form class="access" onSubmit={keep}>
      <p role="alert">This node refuses the page: {refusal}</p>
      <label>
        Token, kept in this tab alone{' '}
        <input name="token" type="password" autocomplete="off" required />
      </label>{' '}
      <button type="submit">Use it</button> <span role="status">{fault}</span>
    </form>
  )
}
