// What Wireshark says of the TCP segments of captures, by its own code as WebAssembly: the package @goodtools/wiregasm of
// npm, which nothing else here needs. In a folder where `npm install @goodtools/wiregasm@1.9.1` was done:
//
//     node wiregasm.mjs random-1.pcap | gzip -9n > random-1.wireshark-4.4.5.tsv.gz
//
// It writes a line for each frame: values, and the flags, as tests/random_tcp.rs compares them.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const dist = path.resolve('node_modules/@goodtools/wiregasm/dist') + '/';
const load = createRequire(import.meta.url)(dist + 'wiregasm.js');
const quiet = () => {};
const library = await load({ locateFile: (name) => dist + name, print: quiet, printErr: quiet, handleStatus: quiet });
library.init();
library.setPref('tcp', 'desegment_tcp_streams', 'FALSE');
library.applyPreferences();
const file = library.getUploadDirectory() + '/capture.pcap';
library.FS.writeFile(file, fs.readFileSync(process.argv[2]));
const session = new library.DissectSession(file);
const frames = session.load().summary.packet_count;
console.error(`Wireshark ${library.wiresharkVersion()}: ${frames} frames`);

const VALUES = ['tcp.stream', 'tcp.analysis.ack_rtt', 'tcp.analysis.acks_frame', 'tcp.analysis.rto',
  'tcp.analysis.rto_frame', 'tcp.analysis.duplicate_ack_num', 'tcp.analysis.duplicate_ack_frame',
  'tcp.analysis.bytes_in_flight', 'tcp.analysis.push_bytes_sent'];
const FLAGS = ['retransmission', 'fast_retransmission', 'spurious_retransmission', 'out_of_order', 'lost_segment',
  'ack_lost_segment', 'duplicate_ack', 'keep_alive', 'keep_alive_ack', 'zero_window', 'zero_window_probe',
  'zero_window_probe_ack', 'window_update', 'window_full', 'reused_ports', 'partial_ack'];

const fields = (tree, found) => {
  for (let place = 0; place < tree.size(); place++) {
    const node = tree.get(place);
    const [, name, value] = /^([a-z_.]+)(?: == (.*))?$/.exec(node.filter) ?? [];
    if (name?.startsWith('tcp.')) found[name] ??= value ?? '1';
    fields(node.tree, found);
    node.tree.delete();
  }
  return found;
};

const lines = [];
for (let number = 1; number <= frames; number++) {
  const frame = session.getFrame(number);
  const found = fields(frame.tree, {});
  frame.tree.delete();
  const flags = FLAGS.filter((flag) => `tcp.analysis.${flag}` in found).sort();
  lines.push([...VALUES.map((name) => found[name] ?? ''), flags.join(',')].join('\t'));
}
fs.writeSync(1, lines.join('\n') + '\n');
