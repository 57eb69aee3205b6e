// Mistakes, shapes, completion, renaming and style come from `gradus --lsp`.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("gradus").get("program", "gradus");
  client = new LanguageClient("gradus", "Gradus", { command, args: ["--lsp"] }, { documentSelector: [{ language: "gradus" }] });
  return client.start();
};

exports.deactivate = () => client && client.stop();
