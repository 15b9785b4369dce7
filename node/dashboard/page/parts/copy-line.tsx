/**
 * A line for a shell, with a button that copies it.
 *
 * @module
 */

import { useSignal } from '@preact/signals'
import type { JSX, TargetedMouseEvent } from 'preact'

/** Shows a command. On plain http browsers give no clipboard: then the line is selected instead. */
export function CopyLine({ line }: { readonly line: string }): JSX.Element {
  const said = useSignal('')
  const copy = async (event: TargetedMouseEvent<HTMLButtonElement>): Promise<void> => {
    const code = event.currentTarget.parentElement?.querySelector('code')
    try {
      await navigator.clipboard.writeText(line)
      said.value = 'copied'
    } catch {
      // No clipboard here: whoever pressed the button copies what is selected.
      if (code != null) getSelection()?.selectAllChildren(code)
      said.value = 'selected'
    }
  }
  return (
    <p class="copy-line">
      <code>{line}</code>
      <button type="button" onClick={copy} aria-label={`Copy: ${line}`}>
        Copy
      </button>
      <span role="status">{said}</span>
    </p>
  )
}
