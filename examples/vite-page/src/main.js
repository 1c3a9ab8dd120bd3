// Writes the page: which version this is, and which address led here.
import "./style.css";
import { version } from "../package.json";

const heading = document.createElement("h1");
heading.textContent = `vite-page ${version}`;
const path = document.createElement("p");
path.textContent = `You are at ${location.pathname}`;
document.querySelector("#page").append(heading, path);
