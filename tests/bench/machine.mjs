// What the figures were measured on, and how busy it was before anything was measured:
//   node machine.mjs > machine.json
import { cpus, loadavg } from "node:os";

const [{ model }] = cpus();
const found = { processor: model.trim(), cores: cpus().length, load: loadavg()[0] };
process.stdout.write(JSON.stringify(found) + "\n");
