import { test } from '../fixtures/desk.ts'
import { look } from '../fixtures/look.ts'

test('the first start offers the practice repository, one click away', async ({ desk: { page } }) => {
  await look(page, 'connect')
})
