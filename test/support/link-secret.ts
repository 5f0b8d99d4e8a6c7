/** What links of tests are signed with. */
export const LINK_SECRET = 'what-links-of-tests-are-signed-with'
/** What names of people who were erased are told by in tests. */
export const TOMBSTONE_SECRET = 'also only for tests, and long enough'
