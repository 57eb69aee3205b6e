// The part of the PJRT C API, as of version 0.81, that a program needs to run on one device.
//
// Fields and functions stand where the interface has them; what is not used is a gap.
#ifndef CPJRT_H
#define CPJRT_H

#include <stddef.h>
#include <stdint.h>

typedef struct PJRT_Error PJRT_Error;
typedef struct PJRT_Event PJRT_Event;
typedef struct PJRT_Client PJRT_Client;
typedef struct PJRT_Device PJRT_Device;
typedef struct PJRT_Executable PJRT_Executable;
typedef struct PJRT_LoadedExecutable PJRT_LoadedExecutable;
typedef struct PJRT_Buffer PJRT_Buffer;

// What every structure begins with.
#define PJRT_HEAD \
  size_t struct_size; \
  void *extensions

enum { PJRT_PRED = 1, PJRT_F32 = 11, PJRT_F64 = 12 };

typedef struct {
  PJRT_HEAD;
  PJRT_Error *error;
} PJRT_ErrorDestroy;

typedef struct {
  PJRT_HEAD;
  const PJRT_Error *error;
  const char *message;
  size_t message_size;
} PJRT_ErrorMessage;

typedef struct {
  PJRT_HEAD;
} PJRT_PluginInitialize;

typedef struct {
  PJRT_HEAD;
  PJRT_Event *event;
} PJRT_EventUse;

typedef struct {
  PJRT_HEAD;
  const void *options;
  size_t option_count;
  void *get_callback, *get_context, *put_callback, *put_context;
  PJRT_Client *client;
  void *try_get_callback, *try_get_context;
} PJRT_ClientCreate;

typedef struct {
  PJRT_HEAD;
  PJRT_Client *client;
} PJRT_ClientDestroy;

typedef struct {
  PJRT_HEAD;
  PJRT_Client *client;
  const char *text;
  size_t text_size;
} PJRT_ClientText;

typedef struct {
  PJRT_HEAD;
  PJRT_Client *client;
  PJRT_Device *const *devices;
  size_t device_count;
} PJRT_ClientDevices;

typedef struct {
  PJRT_HEAD;
  const char *code;
  size_t code_size;
  const char *format;
  size_t format_size;
} PJRT_Program;

typedef struct {
  PJRT_HEAD;
  PJRT_Client *client;
  const PJRT_Program *program;
  const char *options;
  size_t options_size;
  PJRT_LoadedExecutable *executable;
} PJRT_ClientCompile;

typedef struct {
  PJRT_HEAD;
  PJRT_Client *client;
  const void *data;
  int type;
  const int64_t *extents;
  size_t rank;
  const int64_t *strides;
  size_t stride_count;
  int semantics;
  PJRT_Device *device;
  void *memory, *layout;
  PJRT_Event *done;
  PJRT_Buffer *buffer;
} PJRT_BufferFromHost;

typedef struct {
  PJRT_HEAD;
  PJRT_LoadedExecutable *loaded;
  PJRT_Executable *executable;
} PJRT_GetExecutable;

typedef struct {
  PJRT_HEAD;
  PJRT_Executable *executable;
} PJRT_ExecutableDestroy;

typedef struct {
  PJRT_HEAD;
  PJRT_Executable *executable;
  size_t count;
} PJRT_OutputCount;

typedef struct {
  PJRT_HEAD;
  PJRT_LoadedExecutable *executable;
} PJRT_LoadedDestroy;

typedef struct {
  PJRT_HEAD;
  void *send_callbacks, *receive_callbacks;
  size_t send_count, receive_count;
  int launch;
  const int64_t *kept_inputs;
  size_t kept_input_count;
  void *context;
  const char *location;
  size_t task_count;
  int *tasks;
  int64_t *incarnations;
} PJRT_ExecuteOptions;

typedef struct {
  PJRT_HEAD;
  PJRT_LoadedExecutable *executable;
  PJRT_ExecuteOptions *options;
  PJRT_Buffer *const *const *arguments;
  size_t device_count, argument_count;
  PJRT_Buffer **const *outputs;
  PJRT_Event **done;
  PJRT_Device *device;
} PJRT_Execute;

typedef struct {
  PJRT_HEAD;
  PJRT_Buffer *buffer;
} PJRT_BufferDestroy;

typedef struct {
  PJRT_HEAD;
  PJRT_Buffer *source;
  void *layout;
  void *target;
  size_t target_size;
  PJRT_Event *done;
} PJRT_BufferToHost;

#define PJRT_FUNCTION(name, arguments) PJRT_Error *(*name)(arguments *)

typedef struct {
  PJRT_HEAD;
  struct {
    PJRT_HEAD;
    int major, minor;
  } version;
  void (*error_destroy)(PJRT_ErrorDestroy *);
  void (*error_message)(PJRT_ErrorMessage *);
  void *gap_2;
  PJRT_FUNCTION(plugin_initialize, PJRT_PluginInitialize);
  void *gap_4;
  PJRT_FUNCTION(event_destroy, PJRT_EventUse);
  void *gap_6[2];
  PJRT_FUNCTION(event_await, PJRT_EventUse);
  void *gap_9;
  PJRT_FUNCTION(client_create, PJRT_ClientCreate);
  PJRT_FUNCTION(client_destroy, PJRT_ClientDestroy);
  PJRT_FUNCTION(platform_name, PJRT_ClientText);
  void *gap_13;
  PJRT_FUNCTION(platform_version, PJRT_ClientText);
  void *gap_15;
  PJRT_FUNCTION(addressable_devices, PJRT_ClientDevices);
  void *gap_17[3];
  PJRT_FUNCTION(compile, PJRT_ClientCompile);
  void *gap_21;
  PJRT_FUNCTION(buffer_from_host, PJRT_BufferFromHost);
  void *gap_23[17];
  PJRT_FUNCTION(executable_destroy, PJRT_ExecutableDestroy);
  void *gap_41[3];
  PJRT_FUNCTION(output_count, PJRT_OutputCount);
  void *gap_45[5];
  PJRT_FUNCTION(loaded_destroy, PJRT_LoadedDestroy);
  PJRT_FUNCTION(get_executable, PJRT_GetExecutable);
  void *gap_52[3];
  PJRT_FUNCTION(execute, PJRT_Execute);
  void *gap_56[2];
  PJRT_FUNCTION(buffer_destroy, PJRT_BufferDestroy);
  void *gap_59[11];
  PJRT_FUNCTION(buffer_to_host, PJRT_BufferToHost);
} PJRT_Api;

/// Opens a plugin for good and asks it for its functions.
///
/// NULL, with the loader's reason, or with none where the file is a library but no plugin.
const PJRT_Api *pjrt_open(const char *path, const char **reason);

/// Compiles StableHLO text for one device.
PJRT_Error *pjrt_compile(const PJRT_Api *, PJRT_Client *, const char *code, size_t, PJRT_LoadedExecutable **);

/// Starts a program; the event tells when the outputs are there.
PJRT_Error *pjrt_execute(const PJRT_Api *, PJRT_LoadedExecutable *, PJRT_Buffer *const *arguments, size_t count,
                         PJRT_Buffer **outputs, PJRT_Event **done);

#endif
