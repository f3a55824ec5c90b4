// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/tactics/table.h"

#include "backends/cpu/device/kernel_table.h"
#include "tuning/tactics/common.h"

namespace tn::cpu {

const Backend& backend() {
  static const Tactic* const kTactics[] = {
      &shape_value(),    &reshape_view(),  &stride_view(),    &concat_copy(),
      &branch(),         &repetition(),    &image_by_image(), &conv_depthwise_f16(),
      &conv_depthwise(), &conv_winograd(), &conv_direct(),    &gemm(),
      &matmul(),         &attention(),     &softmax(),        &norm(),
      &reduce(),         &pool(),          &resize(),         &gather(),
      &elementwise(),    &interpreted(),   &reference(),
  };
  static const Backend kBackend = {"cpu", kTactics, find_kernel};
  return kBackend;
}

}  // namespace tn::cpu
