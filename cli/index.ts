import fastify from 'fastify'; import {z} from 'zod'; console.log(typeof fastify, z.uuid().safeParse('x').success, process.versions)
