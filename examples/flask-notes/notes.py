"""A page of notes. GET / shows them, POST / adds one, /notes gives them as JSON."""

from flask import Flask, redirect, render_template_string, request

VERSION = "1.0.0"
LONGEST_NOTE = 500
MOST_NOTES = 200

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Notes</title>
<style>body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }</style>
<h1>Notes</h1>
<form method="post">
  <label>New note <input name="note" maxlength="{{ longest }}" required autofocus></label>
  <button>Add</button>
</form>
<ul>{% for note in notes %}<li>{{ note }}</li>{% endfor %}</ul>
<p><small>flask-notes {{ version }}</small></p>
</html>"""

app = Flask(__name__)
notes: list[str] = []


@app.get("/")
def show():
    return render_template_string(PAGE, notes=notes, longest=LONGEST_NOTE, version=VERSION)


@app.post("/")
def add():
    note = request.form.get("note", "").strip()[:LONGEST_NOTE]
    if note:
        notes.append(note)
        del notes[:-MOST_NOTES]
    return redirect("/")


@app.get("/notes")
def as_json():
    return {"version": VERSION, "notes": notes}


@app.get("/healthz")
def healthz():
    return "ok\n"
