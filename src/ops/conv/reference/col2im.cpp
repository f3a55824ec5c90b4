// SPDX-License-Identifier: Apache-2.0
#include "ops/conv/reference/col2im.h"

#include "ops/shape/reference/element.h"

namespace tn::ops {
namespace {

// The columns of every block, added up where blocks lie over each other: each element of the image asks which element
// of which block falls on it.
template <typename T, T (*load)(const TensorView&, int64_t), void (*store)(const TensorView&, int64_t, T)>
void gather_blocks(const Col2ImAttributes& a, const TensorView& x, const TensorView& y) {
  const int spatial = y.rank() - 2;
  Shape block, blocks;
  for (int i = 0; i < spatial; ++i) {
    const auto axis = static_cast<size_t>(i);
    require(a.block[axis] > 0 && a.strides[axis] > 0, "blocks of {} at a stride of {}", a.block[axis], a.strides[axis]);
    block.push_back(a.block[axis]);
    const int64_t room = y.dims[2 + i] + a.pads[axis] + a.pads[axis + static_cast<size_t>(spatial)] -
                         a.dilations[axis] * (a.block[axis] - 1) - 1;
    blocks.push_back(room < 0 ? 0 : room / a.strides[axis] + 1);
  }
  const Shape block_strides = block.row_major_strides(), grid_strides = blocks.row_major_strides();
  for (Walk walk(y.dims, {y.strides}); walk.more(); walk.next()) {
    T sum = 0;
    int64_t element = 0;
    for (Walk in(block, {block_strides}); in.more(); in.next(), ++element) {
      int64_t column = 0;
      bool inside = true;
      for (int i = 0; i < spatial && inside; ++i) {
        const auto axis = static_cast<size_t>(i);
        const int64_t from = walk.index()[2 + i] + a.pads[axis] - in.index()[i] * a.dilations[axis];
        inside = from >= 0 && from % a.strides[axis] == 0 && from / a.strides[axis] < blocks[i];
        column += from / a.strides[axis] * grid_strides[i];
      }
      if (!inside) continue;
      const int64_t row = walk.index()[1] * block.elements() + element;
      const T value = load(x, walk.index()[0] * x.strides[0] + row * x.strides[1] + column * x.strides[2]);
      if constexpr (std::is_integral_v<T>)
        sum = wrapping_add(sum, value);
      else
        sum += value;
    }
    store(y, walk.offset(0), sum);
  }
}

void col2im(const Col2ImAttributes& a, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView &x = inputs[0], &y = outputs[0];
  const size_t spatial = a.block.size();
  require(x.rank() == 3 && y.rank() == static_cast<int>(spatial) + 2 && a.strides.size() == spatial &&
              a.dilations.size() == spatial && a.pads.size() == 2 * spatial,
          "blocks of {} axes for an image of rank {}", spatial, y.rank());
  if (is_float(x.type))
    gather_blocks<double, load_double, store_double>(a, x, y);
  else
    gather_blocks<int64_t, load_int64, store_int64>(a, x, y);
}

}  // namespace

extern const ReferenceEntry col2im_reference = make_reference<Col2ImAttributes, col2im>("Col2Im", {1, 1});

}  // namespace tn::ops
