// What every program here begins with: names that lead to the machine, a library that keeps silent, and an end in time.
import dns from "node:dns";

// The library has a second logger, which writes to the console whatever it is told.
export const [say, complain] = [console.log, console.error];
for (const level of ["trace", "debug", "log", "info", "warn", "error"]) console[level] = () => {};
const quiet = Object.fromEntries(["trace", "debug", "info", "warn", "error"].map((level) => [level, () => {}]));
export const logger = { ...quiet, getChild: () => logger };

/** Leads every name to one address: the lab's names are in no DNS. */
export function leadTo(address) {
  dns.lookup = (name, options, callback) => {
    if (typeof options === "function") [options, callback] = [{}, options];
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}

/** Runs what a program does, and ends the process after it, or when it takes too long. */
export async function run(name, seconds, work) {
  setTimeout(() => {
    complain(`${name}: not done within ${seconds} s`);
    process.exit(1);
  }, seconds * 1000);
  try {
    await work();
  } catch (error) {
    complain(`${name}: ${error.stack ?? error}`);
    process.exit(1);
  }
  process.exit();
}

/** Waits until something is there, and gives it back. */
export async function until(what, done) {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await done();
    if (found) return found;
  }
  throw new Error(`waited in vain until ${what}`);
}
