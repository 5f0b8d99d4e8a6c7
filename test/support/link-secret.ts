/** What links of tests are signed with. */
export const LINK_SECRET = 'what-links-of-tests-are-signed-with'
