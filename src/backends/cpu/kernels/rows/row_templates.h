// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/cpu/kernels/rows/arg_templates.h"
#include "backends/cpu/kernels/rows/norm_templates.h"
#include "backends/cpu/kernels/rows/reduce_templates.h"
#include "backends/cpu/kernels/rows/softmax_templates.h"
#include "base/half.h"

namespace tn {

template <typename V, ReduceStep Step>
inline constexpr std::array<RowKernels::Reduce, 3> kReduce = {reduce_row<V, float, Step>, reduce_row<V, Half, Step>,
                                                              reduce_row<V, BFloat16, Step>};
template <typename V, ReduceStep Step>
inline constexpr std::array<RowKernels::ReduceColumns, 3> kReduceColumns = {
    reduce_columns<V, float, Step>, reduce_columns<V, Half, Step>, reduce_columns<V, BFloat16, Step>};

template <typename V, bool Smallest, bool Last>
inline constexpr std::array<RowKernels::Arg, 3> kArg = {ArgSearch<V, float, Smallest, Last>::run,
                                                        ArgSearch<V, Half, Smallest, Last>::run,
                                                        ArgSearch<V, BFloat16, Smallest, Last>::run};

template <typename V>
constexpr RowKernels make_row_kernels() {
  RowKernels k{};
  k.softmax = {softmax_row<V, float, false>, softmax_row<V, Half, false>, softmax_row<V, BFloat16, false>};
  k.log_softmax = {softmax_row<V, float, true>, softmax_row<V, Half, true>, softmax_row<V, BFloat16, true>};
  k.softmax_columns = {softmax_columns<V, float, false>, softmax_columns<V, Half, false>,
                       softmax_columns<V, BFloat16, false>};
  k.log_softmax_columns = {softmax_columns<V, float, true>, softmax_columns<V, Half, true>,
                           softmax_columns<V, BFloat16, true>};
  k.layer_norm = {norm_row<V, float, false>, norm_row<V, Half, false>, norm_row<V, BFloat16, false>};
  k.rms_norm = {norm_row<V, float, true>, norm_row<V, Half, true>, norm_row<V, BFloat16, true>};
  k.reduce = {kReduce<V, ReduceStep::Sum>,   kReduce<V, ReduceStep::SumAbs>, kReduce<V, ReduceStep::SumSquare>,
              kReduce<V, ReduceStep::Max>,   kReduce<V, ReduceStep::Min>,    kReduce<V, ReduceStep::Product>,
              kReduce<V, ReduceStep::SumExp>};
  k.reduce_columns = {kReduceColumns<V, ReduceStep::Sum>,       kReduceColumns<V, ReduceStep::SumAbs>,
                      kReduceColumns<V, ReduceStep::SumSquare>, kReduceColumns<V, ReduceStep::Max>,
                      kReduceColumns<V, ReduceStep::Min>,       kReduceColumns<V, ReduceStep::Product>,
                      kReduceColumns<V, ReduceStep::SumExp>};
  k.divide = {divide<V, float>, divide<V, Half>, divide<V, BFloat16>};
  k.affine = {affine<V, float>, affine<V, Half>, affine<V, BFloat16>};
  k.affine_row = {affine_row<V, float>, affine_row<V, Half>, affine_row<V, BFloat16>};
  k.spread_columns = {spread_columns<V, float>, spread_columns<V, Half>, spread_columns<V, BFloat16>};
  k.spread = {spread<V, float>, spread<V, Half>, spread<V, BFloat16>};
  k.arg = {kArg<V, false, false>, kArg<V, false, true>, kArg<V, true, false>, kArg<V, true, true>};
  return k;
}

template <typename V>
inline constexpr RowKernels kRowKernels = make_row_kernels<V>();

}  // namespace tn
