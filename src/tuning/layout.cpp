// SPDX-License-Identifier: Apache-2.0
#include "tuning/layout.h"

namespace tn {

Dims row_major_strides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

Dims channels_last_strides(const Dims& dims) {
  if (dims.size() < 3) return row_major_strides(dims);
  Dims strides(dims.size(), 1);
  Dim step = dims[1];
  for (size_t i = dims.size(); i-- > 2;) {
    strides[i] = step;
    step = step * dims[i];
  }
  strides[0] = step;
  return strides;
}

Dims strides_in(Order order, const Dims& dims) {
  return order == Order::RowMajor ? row_major_strides(dims) : channels_last_strides(dims);
}

bool is_row_major(const Dims& dims, const Dims& strides) {
  Dim expected = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] == Dim(1)) continue;
    if (!(strides[i] == expected)) return false;
    expected = expected * dims[i];
  }
  return true;
}

bool satisfies(Need need, const Dims& dims, const Dims& strides) {
  switch (need) {
    case Need::Any:
      return true;
    case Need::UnitInner:
      return dims.empty() || dims.back() == Dim(1) || strides.back() == Dim(1);
    case Need::RowMajor:
      return is_row_major(dims, strides);
    case Need::ChannelsLast:
      return dims.size() < 2 || dims[1] == Dim(1) || strides[1] == Dim(1);
  }
  return false;
}

Order order_for(Need need) {
  return need == Need::ChannelsLast ? Order::ChannelsLast : Order::RowMajor;
}

// Both shapes are walked from the inside out; each run of old axes whose product equals that of a run of new axes must
// be contiguous in itself.
std::optional<Dims> reshaped_strides(const Dims& dims, const Dims& strides, const Dims& to) {
  if (is_row_major(dims, strides)) return row_major_strides(to);
  Dims result(to.size(), 0);
  size_t old = dims.size(), fresh = to.size();
  const auto skip_ones = [](const Dims& all, size_t& at) {
    while (at > 0 && all[at - 1] == Dim(1)) --at;
  };
  for (;;) {
    skip_ones(dims, old);
    skip_ones(to, fresh);
    if (old == 0 || fresh == 0) break;
    const Dim stride = strides[old - 1];
    Dim have = dims[old - 1], want = to[fresh - 1];
    size_t first = fresh - 1;
    --old;
    while (!(have == want)) {
      if (Dim::floor_div(have, want) * want == have) {
        if (first == 0) return std::nullopt;
        want = want * to[--first];
      } else {
        skip_ones(dims, old);
        if (old == 0 || !(strides[old - 1] == have * stride)) return std::nullopt;
        have = have * dims[--old];
      }
    }
    Dim step = stride;
    for (size_t i = fresh; i-- > first;) {
      result[i] = step;
      step = step * to[i];
    }
    fresh = first;
  }
  return old == 0 && fresh == 0 ? std::optional(result) : std::nullopt;
}

}  // namespace tn
