// Bundles src/ into ../static with content hashes and writes manifest.json (name -> file).
// Run through hatch_build.py, which installs what this needs and skips unchanged sources.
import { build } from "esbuild";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = join(here, "..", "static");
const fingerprint = process.argv[2] ?? "";
const entries = ["portal.css", "portal.js", "console.css", "console.js", "icons.svg", "favicon.svg"];

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: entries.map((name) => join("src", name)),
  outdir: target,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  charset: "utf8",
  legalComments: "external",
  loader: { ".svg": "copy" },
  // Clinics keep old machines: the last Chrome for Windows 7, Firefox ESR 115, iOS 15.
  target: ["chrome109", "firefox115", "safari15.6"],
});

const files = {};
for (const [path, output] of Object.entries(metafile.outputs)) {
  if (output.entryPoint) files[basename(output.entryPoint)] = basename(path);
}

// The manifest comes last and in one move, so that a server never reads of a file not yet there.
const manifest = join(target, "manifest.json");
await mkdir(target, { recursive: true });
await writeFile(`${manifest}.new`, JSON.stringify({ fingerprint, files }, null, 2) + "\n");
await rename(`${manifest}.new`, manifest);

const kept = new Set(["manifest.json", ...Object.keys(metafile.outputs).map((path) => basename(path))]);
for (const name of await readdir(target)) {
  if (!kept.has(name)) await rm(join(target, name));
}
