import { z } from 'zod'

/*
 * Imported before everything else: zod tries at its first object schema whether it may make code from text, which the content
 * security policy refuses and the console then reports as an attack.
 */
z.config({ jitless: true })
