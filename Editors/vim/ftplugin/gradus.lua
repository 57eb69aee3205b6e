-- Neovim: mistakes, shapes, completion, renaming and style from `gradus --lsp`.
vim.bo.commentstring = "# %s"
local program = vim.g.gradus_program or "gradus"
if vim.b.gradus_client or vim.fn.executable(program) == 0 then
  return
end
local options = { name = "gradus", cmd = { program, "--lsp" }, root_dir = vim.fn.expand("%:p:h") }
if vim.lsp.start then
  vim.b.gradus_client = vim.lsp.start(options)
else
  vim.b.gradus_client = vim.lsp.start_client(options)
  vim.lsp.buf_attach_client(0, vim.b.gradus_client)
end
vim.bo.omnifunc = "v:lua.vim.lsp.omnifunc"
