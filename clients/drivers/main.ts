import { walk } from './drive.ts'
import { setScene } from './scene.ts'

await walk(setScene(process.env))
