/* SPDX-License-Identifier: Apache-2.0
 * Tenon from C and from languages that call C. Every function is safe to call with null handles (it fails).
 * A function that returns tenon_status returns TENON_OK or the kind of failure; tenon_last_error() then has the
 * message. Handles are used by one thread at a time, but contexts of one engine may run on several threads at once. */
#ifndef TENON_C_H
#define TENON_C_H

#include <stddef.h>
#include <stdint.h>

#include "tenon/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tenon_status {
  TENON_OK = 0,
  TENON_INVALID_ARGUMENT = 1,
  TENON_INVALID_MODEL = 2,  /* the ONNX file */
  TENON_INVALID_ENGINE = 3, /* damaged, foreign, of another version, or needing what this machine lacks */
  TENON_UNSUPPORTED = 4,
  TENON_NOT_FOUND = 5, /* a file or a tensor name */
  TENON_IO = 6,
  TENON_OUT_OF_MEMORY = 7,
  TENON_INTERNAL = 8
} tenon_status;

/* The numbers of tenon::DataType. */
typedef enum tenon_data_type {
  TENON_FLOAT = 0,
  TENON_HALF = 1,
  TENON_INT8 = 2,
  TENON_INT32 = 3,
  TENON_BOOL = 4,
  TENON_UINT8 = 5,
  TENON_BF16 = 7,
  TENON_INT64 = 8,
  TENON_DOUBLE = 32,
  TENON_INT16 = 33,
  TENON_UINT16 = 34,
  TENON_UINT32 = 35,
  TENON_UINT64 = 36
} tenon_data_type;

enum { TENON_MAX_DIMS = 8 };

/* −1 is an extent known only at run time. */
typedef struct tenon_dims {
  int32_t rank;
  int64_t d[TENON_MAX_DIMS];
} tenon_dims;

/* severity: 0 internal error, 1 error, 2 warning, 3 info, 4 verbose. Called from any thread, also several at once. */
typedef void (*tenon_log_function)(int severity, const char* message, void* user);

/* Bounds of one dynamic input. */
typedef struct tenon_shape_range {
  const char* name;
  tenon_dims min, opt, max;
} tenon_shape_range;

typedef struct tenon_build_options {
  size_t struct_size;              /* set by tenon_build_options_init */
  int32_t fp16, bf16;              /* allow the type where it is faster */
  int32_t cpu_threads;             /* 0: one per physical core */
  int32_t optimization_level;      /* 0 … 5, default 3 */
  const char* timing_cache_file;   /* read if it exists, and written; may be null */
  const tenon_shape_range* ranges; /* one profile */
  int32_t range_count;
  const char* preprocess; /* see image.h; may be null */
  tenon_log_function log; /* may be null */
  void* log_user;
} tenon_build_options;

typedef struct tenon_blob tenon_blob;       /* bytes owned by Tenon */
typedef struct tenon_engine tenon_engine;   /* may be shared between threads */
typedef struct tenon_context tenon_context; /* must be freed before its engine */

TENON_API int32_t tenon_version(void);
/* Message of this thread's last failure; "" if there was none. Valid until the thread's next call. */
TENON_API const char* tenon_last_error(void);

TENON_API void tenon_build_options_init(tenon_build_options* options);
/* options may be null: defaults. */
TENON_API tenon_status tenon_build_onnx(const char* onnx_file, const tenon_build_options* options, tenon_blob** plan);
/* Builds and writes the plan; the file has its old or its new content, never a part. */
TENON_API tenon_status tenon_build_onnx_to_file(const char* onnx_file, const tenon_build_options* options,
                                                const char* engine_file);
TENON_API const void* tenon_blob_data(const tenon_blob* blob);
TENON_API size_t tenon_blob_size(const tenon_blob* blob);
TENON_API void tenon_blob_free(tenon_blob* blob);

TENON_API tenon_status tenon_engine_load(const void* plan, size_t size, tenon_engine** engine);
TENON_API tenon_status tenon_engine_load_file(const char* engine_file, tenon_engine** engine);
TENON_API void tenon_engine_free(tenon_engine* engine);
TENON_API int32_t tenon_engine_tensor_count(const tenon_engine* engine);
/* Inputs first; null beyond the end. */
TENON_API const char* tenon_engine_tensor_name(const tenon_engine* engine, int32_t index);
/* 1 for an input, 2 for an output, 0 for neither. */
TENON_API int32_t tenon_engine_tensor_mode(const tenon_engine* engine, const char* name);
TENON_API tenon_status tenon_engine_tensor_info(const tenon_engine* engine, const char* name, tenon_data_type* type,
                                                tenon_dims* dims);
/* bound: 0 min, 1 opt, 2 max. */
TENON_API tenon_status tenon_engine_profile_shape(const tenon_engine* engine, const char* name, int32_t profile,
                                                  int32_t bound, tenon_dims* dims);

/* Of an engine for the CPU. cpu_threads 0: one per physical core. */
TENON_API tenon_status tenon_context_create(tenon_engine* engine, int32_t cpu_threads, tenon_context** context);
TENON_API void tenon_context_free(tenon_context* context);
TENON_API tenon_status tenon_context_set_profile(tenon_context* context, int32_t profile);
TENON_API tenon_status tenon_context_set_shape(tenon_context* context, const char* name, const tenon_dims* dims);
TENON_API tenon_status tenon_context_tensor_shape(const tenon_context* context, const char* name, tenon_dims* dims);
/* Bytes that the tensor's memory needs with the present shapes (an upper bound where the size depends on data). */
TENON_API tenon_status tenon_context_tensor_bytes(const tenon_context* context, const char* name, size_t* bytes);
/* Host memory of the caller, aligned to the element's size (64 bytes are fastest); needed for every tensor. */
TENON_API tenon_status tenon_context_set_address(tenon_context* context, const char* name, void* data);
/* One run; returns when the outputs are written. */
TENON_API tenon_status tenon_context_run(tenon_context* context);

#ifdef __cplusplus
}
#endif

#endif
