#ifndef GRADUS_TILES_H
#define GRADUS_TILES_H

#include "CKernels.h"

// GK_TILE elements at a time without a loop: between the loads of one tile and of the next is then so little to do that the
// processor has several tiles on their way from memory. y may be a or b. An operand of stride 0 is one element.
typedef void gk_tile(const void *a, const void *b, void *y);

// For operations of few instructions, else NULL. A unary one takes a.
gk_tile *gk_map_tile_f32(gk_map op);
gk_tile *gk_map_tile_f64(gk_map op);
gk_tile *gk_zip_tile_f32(gk_zip op, size_t sa, size_t sb);
gk_tile *gk_zip_tile_f64(gk_zip op, size_t sa, size_t sb);

#endif
