" Gradus scripts; written by gradus --grammar vim. Copy syntax/ and ftdetect/ to ~/.vim.
if exists("b:current_syntax")
  finish
endif

syntax match gradusOperator "!=\|\*\*\|\*=\|+=\|-=\|->\|/=\|:=\|<=\|==\|>=\||>\|%\|\*\|+\|-\|/\|<\|=\|>\|@\|\^\|\~"
syntax match gradusFunction "\<\h\w*\ze("
syntax match gradusStatement "\(^\|[;{]\)\s*\zs\(break\|continue\|custom_grad\|del\|exit\|expect\|freeze\|input\|quit\|return\|run\|thaw\)\>\(\s*[=(.]\)\@!"
syntax keyword gradusConstant False True false inf nan new true ans ans2 ans3 ans4 ans5 ans6 ans7 ans8 ans9 args e pi
syntax keyword gradusControl else for if in repeat while
syntax keyword gradusLogic and not or xor
syntax match gradusNumber "\<\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][-+]\?\d[0-9_]*\)\?\>"
syntax match gradusNumber "\(\w\|)\|\]\)\@<!\.\d[0-9_]*\([eE][-+]\?\d[0-9_]*\)\?\>"
syntax region gradusText start=+"+ skip=+\\\\\|\\"+ end=+"+ oneline contains=gradusEscape,gradusHole
syntax match gradusEscape "\\[\"\\nrt]\|{{\|}}" contained
syntax region gradusHole matchgroup=gradusEscape start="{{\@!" end="}" contained oneline contains=TOP
syntax match gradusCommand "^\s*:\h\w*"
syntax match gradusComment "#.*$" contains=gradusTodo
syntax match gradusAnswer "^\s*#>.*$"
syntax keyword gradusTodo TODO FIXME contained

highlight default link gradusComment Comment
highlight default link gradusAnswer SpecialComment
highlight default link gradusTodo Todo
highlight default link gradusText String
highlight default link gradusEscape SpecialChar
highlight default link gradusNumber Number
highlight default link gradusConstant Constant
highlight default link gradusControl Statement
highlight default link gradusStatement Statement
highlight default link gradusLogic Operator
highlight default link gradusFunction Function
highlight default link gradusCommand PreProc
highlight default link gradusOperator Operator

let b:current_syntax = "gradus"
