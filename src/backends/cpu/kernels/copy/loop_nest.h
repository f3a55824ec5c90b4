// SPDX-License-Identifier: Apache-2.0
// A nest of loops over N strided operands, made as short as it can be. Fixed capacity; nothing throws or allocates.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "base/shape.h"

namespace tn {

template <int N>
class LoopNest {
 public:
  using Offsets = std::array<int64_t, static_cast<size_t>(N)>;
  struct Axis {
    int64_t dim = 1;
    Offsets strides{};
  };

  LoopNest() = default;
  /// Axes of size one are dropped; the order is kept (outermost first).
  LoopNest(const Shape& dims, const std::array<Shape, static_cast<size_t>(N)>& strides) noexcept {
    for (int i = 0; i < dims.rank(); ++i) {
      Axis axis{dims[i], {}};
      for (size_t n = 0; n < N; ++n) axis.strides[n] = strides[n][i];
      push_back(axis);
    }
  }

  int rank() const noexcept { return rank_; }
  const Axis& operator[](int i) const noexcept { return axes_[static_cast<size_t>(i)]; }
  /// The i-th axis from the inside; inner(0) is the innermost. An axis that does not exist has size one.
  Axis inner(int i) const noexcept { return i < rank_ ? axes_[static_cast<size_t>(rank_ - 1 - i)] : Axis{}; }
  void push_back(const Axis& axis) noexcept {
    if (axis.dim != 1) axes_[static_cast<size_t>(rank_++)] = axis;
  }
  Axis take(int i) noexcept {
    const Axis taken = axes_[static_cast<size_t>(i)];
    for (int k = i; k + 1 < rank_; ++k) axes_[static_cast<size_t>(k)] = axes_[static_cast<size_t>(k + 1)];
    --rank_;
    return taken;
  }
  Axis take_inner() noexcept { return rank_ == 0 ? Axis{} : axes_[static_cast<size_t>(--rank_)]; }

  /// Largest |stride| of operand n outermost; equal strides keep their order.
  void sort_by(int n) noexcept {
    const auto stride = [&](int i) { return std::abs(axes_[static_cast<size_t>(i)].strides[static_cast<size_t>(n)]); };
    for (int i = 1; i < rank_; ++i) {
      for (int k = i; k > 0 && stride(k - 1) < stride(k); --k) {
        std::swap(axes_[static_cast<size_t>(k - 1)], axes_[static_cast<size_t>(k)]);
      }
    }
  }

  /// Joins neighbours that every operand walks as one.
  void merge() noexcept {
    for (int i = rank_ - 2; i >= 0; --i) {
      Axis& outer = axes_[static_cast<size_t>(i)];
      const Axis& next = axes_[static_cast<size_t>(i + 1)];
      bool joined = true;
      for (size_t n = 0; n < N; ++n) joined = joined && outer.strides[n] == next.strides[n] * next.dim;
      if (!joined) continue;
      outer = {outer.dim * next.dim, next.strides};
      take(i + 1);
    }
  }

  int64_t count() const noexcept {
    int64_t product = 1;
    for (int i = 0; i < rank_; ++i) product *= axes_[static_cast<size_t>(i)].dim;
    return product;
  }

  /// Position in the nest: starts at a linear index and steps by one in row-major order.
  class Cursor {
   public:
    Cursor(const LoopNest& nest, int64_t linear) noexcept : nest_(nest) {
      for (int i = nest.rank_ - 1; i >= 0; --i) {
        const Axis& axis = nest.axes_[static_cast<size_t>(i)];
        if (axis.dim == 0) continue;
        const int64_t at = linear % axis.dim;
        linear /= axis.dim;
        index_[static_cast<size_t>(i)] = at;
        for (size_t n = 0; n < N; ++n) offsets_[n] += at * axis.strides[n];
      }
    }
    int64_t operator[](int n) const noexcept { return offsets_[static_cast<size_t>(n)]; }
    void next() noexcept {
      for (int i = nest_.rank_ - 1; i >= 0; --i) {
        const Axis& axis = nest_.axes_[static_cast<size_t>(i)];
        int64_t& at = index_[static_cast<size_t>(i)];
        if (++at < axis.dim) {
          for (size_t n = 0; n < N; ++n) offsets_[n] += axis.strides[n];
          return;
        }
        at = 0;
        for (size_t n = 0; n < N; ++n) offsets_[n] -= (axis.dim - 1) * axis.strides[n];
      }
    }

   private:
    const LoopNest& nest_;
    std::array<int64_t, kMaxRank + 1> index_{};
    Offsets offsets_{};
  };

 private:
  std::array<Axis, kMaxRank + 1> axes_{};
  int rank_ = 0;
};

}  // namespace tn
