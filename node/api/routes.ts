/**
 * The table of all routes.
 *
 * @module
 */

import { chainRoutes } from './chain-routes.ts'
import { commandsRoute } from './command-routes.ts'
import { deviceRoutes } from './device-routes.ts'
import { docsRoutes } from './docs-routes.ts'
import { endpointRoute } from './endpoint-route.ts'
import { eventRoute } from './events/event-route.ts'
import { genesisRoute } from './genesis-route.ts'
import { governanceRoutes } from './governance-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { historyRoute } from './history-route.ts'
import { ledgerRoutes } from './ledger-routes.ts'
import type { Route } from './route.ts'
import { sealRoutes } from './seal-routes.ts'
import { submitRoute } from './submit-route.ts'

/** Every resource and method that the API has. */
export const ROUTES: readonly Route[] = [
  submitRoute,
  ...ledgerRoutes,
  ...deviceRoutes,
  historyRoute,
  commandsRoute,
  genesisRoute,
  ...chainRoutes,
  ...sealRoutes,
  ...governanceRoutes,
  eventRoute,
  endpointRoute,
  ...healthRoutes,
  ...docsRoutes(() => ROUTES)
]
