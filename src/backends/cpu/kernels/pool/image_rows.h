// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/copy/loop_nest.h"
#include "base/lane.h"

namespace tn {

/// The rows of an output [batch, channels, depth, height, width], shared out among a lane's threads. Strides are in
/// elements.
class ImageRows {
 public:
  ImageRows() = default;
  /// `together`: all channels of a row are made at once.
  ImageRows(const Shape& dims, const Shape& in_strides, const Shape& out_strides, bool together, int64_t depth,
            int64_t height) noexcept
      : outer_({dims[0], together ? 1 : dims[1]},
               {Shape{in_strides[0], in_strides[1]}, Shape{out_strides[0], out_strides[1]}}),
        depth_(depth),
        height_(height) {}

  /// Calls row(input of the image and channel, output, z, y) for each. `work` is taps times elements; `size` is that of
  /// an element.
  template <typename Row>
  void run(Lane& lane, int64_t work, const void* in, void* out, int64_t size, const Row& row) const noexcept {
    constexpr int64_t kSerialWork = 1 << 13;  // below this a second thread costs more than it brings
    const int64_t rows = depth_ * height_, units = outer_.count() * rows;
    const auto part = [&](int64_t begin, int64_t end) {
      LoopNest<2>::Cursor cursor(outer_, begin / rows);
      for (int64_t unit = begin; unit < end; ++unit) {
        const int64_t at = unit % rows;
        row(static_cast<const std::byte*>(in) + cursor[0] * size, static_cast<std::byte*>(out) + cursor[1] * size,
            at / height_, at % height_);
        if (at + 1 == rows) cursor.next();
      }
    };
    if (work < kSerialWork)
      part(0, units);
    else
      lane.parallel_for(units, part);
  }

 private:
  LoopNest<2> outer_;  // batch, and channels unless they are together: in, out
  int64_t depth_ = 1, height_ = 1;
};

}  // namespace tn
