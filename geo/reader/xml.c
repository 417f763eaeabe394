// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "geo/record/refusal.h"

// Any number but 0: the result is a function of the bytes, no randomness is needed. A
// document made to collide costs the child its time, no more.
#define HASH_SALT 0x5bd1e995UL

struct job {
    XML_Parser parser;
    const struct geo_xml_reader *reader;
    const char *space;
    enum drf_status status;     // of the reader
    enum geo_refusal_code code; // why expat was stopped by us; NONE: it was not
    const char *words;
    unsigned depth;
    size_t starts[GEO_XML_DEPTH_MAX + 1]; // where the text of each open element begins
    char *text; // of the open elements, each behind its parent's; GEO_XML_TEXT_MAX
    size_t size;
};

static void stop(struct job *job, enum geo_refusal_code code, const char *words)
{
    job->code = code;
    job->words = words;
    (void)XML_StopParser(job->parser, XML_FALSE);
}

// The name after its namespace; NULL: another namespace, and the job is stopped.
static const char *own_name(struct job *job, const char *name)
{
    const char *space = strchr(name, ' ');
    if (space != NULL && strncmp(name, job->space, strlen(job->space)) == 0)
        return space + 1;
    return NULL;
}

static void XMLCALL begin_element(void *self, const XML_Char *name, const XML_Char **attributes)
{
    struct job *job = self;
    (void)attributes;
    job->depth++;
    if (job->depth <= GEO_XML_DEPTH_MAX)
        job->starts[job->depth] = job->size;
    const char *own = own_name(job, name);
    if (own == NULL && job->depth == 1)
        stop(job, GEO_REFUSAL_FORMAT, "another kind of XML");
    else if (job->depth > GEO_XML_DEPTH_MAX)
        stop(job, GEO_REFUSAL_FORMAT, "nested too deep");
    else if (own != NULL)
        job->status = job->reader->begin(job->reader->self, job->depth, own);
    if (job->status != DRF_OK)
        (void)XML_StopParser(job->parser, XML_FALSE);
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void XMLCALL end_element(void *self, const XML_Char *name)
{
    struct job *job = self;
    const size_t start = job->depth <= GEO_XML_DEPTH_MAX ? job->starts[job->depth] : job->size;
    const char *own = own_name(job, name), *text = job->text + start;
    size_t size = job->size - start;
    while (size > 0 && blank(text[size - 1]))
        size--;
    for (; size > 0 && blank(*text); size--)
        text++;
    if (own != NULL && job->code == GEO_REFUSAL_NONE && job->status == DRF_OK)
        job->status = job->reader->end(job->reader->self, job->depth, own, text, size);
    job->depth--;
    job->size = start; // what an element holds by itself may go on behind its child
    if (job->status != DRF_OK)
        (void)XML_StopParser(job->parser, XML_FALSE);
}

static void XMLCALL take_text(void *self, const XML_Char *text, int length)
{
    struct job *job = self;
    size_t more = length > 0 ? (size_t)length : 0;
    if (more > GEO_XML_TEXT_MAX - job->size) {
        stop(job, GEO_REFUSAL_TOO_LARGE, "an element with too long a text");
        return;
    }
    memcpy(job->text + job->size, text, more);
    job->size += more;
}

static void XMLCALL refuse_doctype(void *self, const XML_Char *name, const XML_Char *system,
                                   const XML_Char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(self, GEO_REFUSAL_UNSUPPORTED, "a document type declaration is not read");
}

static enum drf_status parse(struct job *job, const uint8_t *bytes, size_t size,
                             struct geo_note *why)
{
    XML_SetUserData(job->parser, job);
    XML_SetElementHandler(job->parser, begin_element, end_element);
    XML_SetCharacterDataHandler(job->parser, take_text);
    XML_SetStartDoctypeDeclHandler(job->parser, refuse_doctype);
    (void)XML_SetHashSalt(job->parser, HASH_SALT);
    if (XML_Parse(job->parser, (const char *)bytes, (int)size, XML_TRUE) == XML_STATUS_OK)
        return DRF_OK;
    if (job->status != DRF_OK)
        return job->status;
    uint64_t line = XML_GetCurrentLineNumber(job->parser);
    if (job->code != GEO_REFUSAL_NONE)
        return geo_refuse(why, job->code, line, "%s", job->words);
    enum XML_Error error = XML_GetErrorCode(job->parser);
    if (error == XML_ERROR_NO_MEMORY)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory to read the XML");
    return geo_refuse(why, GEO_REFUSAL_FORMAT, line, "no XML: %s", XML_ErrorString(error));
}

enum drf_status geo_xml_read(const uint8_t *bytes, size_t size, const char *space,
                             const struct geo_xml_reader *reader, struct geo_note *why)
{
    if (size > INT32_MAX)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, 0, "too large for XML");
    struct job job = {.reader = reader, .space = space};
    job.parser = XML_ParserCreateNS(NULL, ' ');
    job.text = malloc(GEO_XML_TEXT_MAX);
    enum drf_status status = job.parser != NULL && job.text != NULL
                                 ? parse(&job, bytes, size, why)
                                 : geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory");
    if (job.parser != NULL)
        XML_ParserFree(job.parser);
    free(job.text);
    return status;
}
