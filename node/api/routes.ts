/**
 * The table of all routes.
 *
 * @module
 */

import { chainRoutes } from './chain-routes.ts'
import { genesisRoute } from './genesis-route.ts'
import { governanceRoutes } from './governance-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import type { Route } from './route.ts'
import { sealRoutes } from './seal-routes.ts'
import { submitRoute } from './submit-route.ts'

/** Every resource and method that the API has. */
export const ROUTES: readonly Route[] = [
  submitRoute,
  ...ledgerRoutes,
  genesisRoute,
  ...chainRoutes,
  ...sealRoutes,
  ...governanceRoutes,
  ...healthRoutes
]
