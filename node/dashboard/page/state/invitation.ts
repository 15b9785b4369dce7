/**
 * Invitations: what the fragment of a phone page's address says.
 *
 * `#invite=<genesis hash>.<device>[.<token>]`, both ids as 43 digits of base64url. A fragment is
 * never sent to anybody, so the token does not reach logs; the node sees it in a header alone.
 *
 * @module
 */

/** What a phone was invited to. */
export interface Invitation {
  /** In hex: proofs count only from this genesis on. */
  readonly genesisHash: string
  /** In hex. */
  readonly deviceId: string
  /** What the node wants to be shown; null where it wants nothing. */
  readonly token: string | null
}

const INVITATION = /^#invite=([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})(?:\.([A-Za-z0-9_-]{1,128}))?$/

/** Reads the fragment of an address; null when it is no invitation. */
export function readInvitation(fragment: string): Invitation | null {
  const [, genesis, device, token] = INVITATION.exec(fragment) ?? []
  if (genesis === undefined || device === undefined) return null
  return { genesisHash: hexOf(genesis), deviceId: hexOf(device), token: token ?? null }
}

function hexOf(base64url: string): string {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Array.from(text, (character) =>
    character.charCodeAt(0).toString(16).padStart(2, '0')
  ).join('')
}
