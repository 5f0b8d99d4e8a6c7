import { listNamedCustomers } from '../db/customer-names.ts'
import { findCustomerPage, type CustomerPageRow } from '../db/customer-pages.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import type { ApiDeps } from './deps.ts'

/**
 * The id of the customer that a caller names by id, by any identity, or by `kind:value`.
 *
 * @throws {DomainError} `not_found`; `conflict` when several customers have an identity of this value
 */
export async function findCustomerId({ db }: Pick<ApiDeps, 'db'>, name: string): Promise<string> {
  const matches = await listNamedCustomers(db, name)
  const customerIds = [...new Set(matches.map((match) => match.customerId))]
  const [customerId] = customerIds
  if (customerId === undefined)
    throw new DomainError('not_found', 'There is no customer with this id or identity.')
  if (customerIds.length > 1)
    throw new DomainError(
      'conflict',
      'Several customers have an identity of this value. Name one with its kind.',
      matches.map(({ identity }) => ({
        code: 'ambiguous_identity',
        path: '/path/id',
        message: `Could mean ${identity}`,
        severity: 'error',
      })),
    )
  return customerId
}

/**
 * The page of the customer that a caller names.
 *
 * @throws {DomainError} as `findCustomerId`
 */
export async function loadCustomer(
  deps: Pick<ApiDeps, 'db'>,
  name: string,
): Promise<CustomerPageRow> {
  const page = await findCustomerPage(deps.db, await findCustomerId(deps, name))
  invariant(page !== undefined, 'an identity belongs to a customer who is there')
  return page
}
