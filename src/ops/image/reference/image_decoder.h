// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ops/reference/reference.h"

namespace tn::ops {

struct ImageDecoderAttributes {
  std::string pixel_format = "RGB";  ///< or BGR or Grayscale
  template <typename V>
  void fields(V& v) {
    v("pixel_format", pixel_format);
  }
  /// Nothing in the bytes bounds the pixels, and memory is planned for the bound.
  static constexpr int64_t kMostSide = 8192;
  int64_t channels() const { return pixel_format == "Grayscale" ? 1 : 3; }
};

}  // namespace tn::ops
