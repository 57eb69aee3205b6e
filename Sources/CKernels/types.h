// Includes TEMPLATE for float and double. T: the element; BITS: the integer of its width, of WIDTH bits; TYPE: its suffix.

#define T float
#define BITS uint32_t
#define WIDTH 32
#define TYPE f32
#include TEMPLATE
#undef T
#undef BITS
#undef WIDTH
#undef TYPE

#define T double
#define BITS uint64_t
#define WIDTH 64
#define TYPE f64
#include TEMPLATE
#undef T
#undef BITS
#undef WIDTH
#undef TYPE
