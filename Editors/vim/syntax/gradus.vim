" Gradus scripts. Copy syntax/ and ftdetect/ to ~/.vim.
if exists("b:current_syntax")
  finish
endif

syntax match gradusComment "#.*$" contains=gradusTodo
syntax match gradusAnswer "^\s*#>.*$"
syntax keyword gradusTodo TODO FIXME contained
syntax region gradusText start=+"+ skip=+\\\\\|\\"+ end=+"+ oneline contains=gradusEscape
syntax match gradusEscape "\\[\"\\nrt]" contained
syntax match gradusNumber "\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][-+]\?\d\+\)\?\>"
syntax match gradusNumber "\(\w\|)\|\]\)\@<!\.\d[0-9_]*\([eE][-+]\?\d\+\)\?\>"
syntax keyword gradusConstant true false inf nan ans new pi e
syntax keyword gradusStatement repeat for while if else in and or not xor
syntax match gradusStatement "^\s*\(input\|expect\|run\|custom_grad\)\>\(\s*[=(]\)\@!"
syntax match gradusFunction "\<\h\w*\ze("
syntax match gradusCommand "^\s*:\h\w*"
syntax match gradusOperator ":=\|[-+*/@%^]=\?\|[<>=!]=\|[<>=]\||>\|\~"

highlight default link gradusComment Comment
highlight default link gradusAnswer SpecialComment
highlight default link gradusTodo Todo
highlight default link gradusText String
highlight default link gradusEscape SpecialChar
highlight default link gradusNumber Number
highlight default link gradusConstant Constant
highlight default link gradusStatement Statement
highlight default link gradusFunction Function
highlight default link gradusCommand PreProc
highlight default link gradusOperator Operator

let b:current_syntax = "gradus"
